package record

import "hash/crc32"

// add enters a written chunk.
func (s *summary) add(ix chunkIndex, indexes []messageIndex) {
	if len(s.chunks) == 0 {
		s.start, s.end = ix.start, ix.end
	}
	s.start, s.end = min(s.start, ix.start), max(s.end, ix.end)
	s.chunks = append(s.chunks, ix)
	for _, m := range indexes {
		s.tally(m.channel, uint64(len(m.entries)/2))
	}
}

func (s *summary) tally(channel uint16, n uint64) {
	for i := range s.counts {
		if s.counts[i].channel == channel {
			s.counts[i].messages += n
			return
		}
	}
	s.counts = append(s.counts, count{channel, n})
}

func (s *summary) messages() uint64 {
	n := uint64(0)
	for _, c := range s.counts {
		n += c.messages
	}
	return n
}

// append appends the summary, its offsets and the footer. b holds what
// precedes it from offset base of the file; the checksum starts at the summary.
func (s *summary) append(b []byte, base uint64) []byte {
	first := len(b)
	var offsets []byte
	group := func(op byte, bodies [][]byte) {
		if len(bodies) == 0 {
			return
		}
		start := len(b)
		for _, body := range bodies {
			var at int
			b, at = begin(b, op)
			b = end(append(b, body...), at)
		}
		var at int
		offsets, at = begin(offsets, opSummaryOffset)
		offsets = put64(append(offsets, op), base+uint64(start))
		offsets = end(put64(offsets, uint64(len(b)-start)), at)
	}
	group(opSchema, s.schemas)
	group(opChannel, s.channels)
	group(opStatistics, [][]byte{s.statistics()})
	chunks := make([][]byte, len(s.chunks))
	for i := range s.chunks {
		chunks[i] = s.chunks[i].body()
	}
	group(opChunkIndex, chunks)
	group(opAttachmentIndex, s.attachments)
	group(opMetadataIndex, s.metadata)

	offsetStart := base + uint64(len(b))
	b = append(b, offsets...)
	b, at := begin(b, opFooter)
	b = put64(put64(b, base+uint64(first)), offsetStart)
	b = put32(b, 0)
	end(b, at)
	put32(b[len(b)-4:len(b)-4], crc32.ChecksumIEEE(b[first:len(b)-4]))
	return b
}

func (s *summary) statistics() []byte {
	b := put64(nil, s.messages())
	b = put32(put16(b, uint16(len(s.schemas))), uint32(len(s.channels)))
	b = put32(put32(b, uint32(len(s.attachments))), uint32(len(s.metadata)))
	b = put64(put64(put32(b, uint32(len(s.chunks))), s.start), s.end)
	b = put32(b, uint32(10*len(s.counts)))
	for _, c := range s.counts {
		b = put64(put16(b, c.channel), c.messages)
	}
	return b
}

func (c *chunkIndex) body() []byte {
	b := put64(put64(nil, c.start), c.end)
	b = put64(put64(b, c.offset), c.length)
	b = put32(b, uint32(10*len(c.indexes)))
	for _, p := range c.indexes {
		b = put64(put16(b, p.channel), p.offset)
	}
	b = putString(put64(b, c.indexLength), c.compression)
	return put64(put64(b, c.packed), c.records)
}
