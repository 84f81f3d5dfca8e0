package sim

// Bare advances by ticks periods by mj_step alone, in C, under the controls of the
// last physics step. It is what benchmarks measure against: no command is obeyed
// and no time passes for Read. Start ends it.
func (r *Robot) Bare(ticks int) error { return r.world.loop(ticks * r.opts.substeps()) }
