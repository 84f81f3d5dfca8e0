package view

import "time"

// SetBeat shortens the patience with clients that do not read: a heartbeat
// every two beats, its answer and every write within two more. Before Run only.
func (s *Server) SetBeat(d time.Duration) { s.beat = d }

// Clients counts the pages that are open.
func (s *Server) Clients() int { return s.audience() }

// PacketHeader is where the poses begin.
const PacketHeader = packetHeader
