package mqtt

// What comes to a Robot, in the library's goroutine: it is stored.

func (r *Robot) hearConnection(payload []byte, _ bool, _ string) {
	c := new(Connection)
	if decode(payload, c, false) != nil {
		return
	}
	r.mu.Lock()
	r.agent = c
	if c.Status != Online && r.lease != 0 && r.ended == "" {
		r.ended = "it is " + c.Status
	}
	r.mu.Unlock()
	r.tell()
}

func (r *Robot) hearAck(payload []byte, _ bool, _ string) {
	a := new(Ack)
	if decode(payload, a, false) != nil {
		return
	}
	r.mu.Lock()
	if old, mine := r.asked[a.ID]; mine && old == nil {
		r.asked[a.ID] = a
	}
	if a.Result == Ended && r.lease != 0 && a.Lease == r.lease {
		r.ended = a.Why
	}
	r.mu.Unlock()
	r.tell()
}

func (r *Robot) hearMeasured(payload []byte, retained bool, _ string) {
	r.hear.Lock()
	defer r.hear.Unlock()
	m := r.states.Write()
	err := readMeasured(payload, &m.measured)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil || retained || m.lease != r.lease || m.lease == 0:
		r.stats.Refused++
		return
	case r.heard != 0 && int32(m.seq-r.heard) <= 0:
		r.stats.Stale++
		return
	}
	r.stats.States++
	r.stats.Robot = m.counts
	r.heard = m.seq
	m.came = r.clock()
	r.stats.Stop = r.away.hear(m, r.start)
	r.states.Send()
	r.tell()
}

func (r *Robot) tell() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}
