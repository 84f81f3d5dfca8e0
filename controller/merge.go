package controller

// Merge adds what another run counted, so that several runs give one table.
func (s *Stats) Merge(o *Stats) {
	s.Period = o.Period
	s.Ticks += o.Ticks
	s.Overruns += o.Overruns
	s.Skipped += o.Skipped
	s.Clamped += o.Clamped
	s.Late.merge(&o.Late)
	s.Read.merge(&o.Read)
	s.Act.merge(&o.Act)
	s.Guard.merge(&o.Guard)
	s.Write.merge(&o.Write)
}

func (h *Histogram) merge(o *Histogram) {
	h.n += o.n
	h.max = max(h.max, o.max)
	for i, c := range o.counts {
		h.counts[i] += c
	}
}
