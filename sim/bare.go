package sim

// Adopt takes over the whole state of another robot of the same model, its controls
// and the solver's too, but not how it differs from the model.
func (r *Robot) Adopt(from *Robot) error { return r.world.adopt(from.world) }

// Bare advances by ticks periods by mj_step alone, in C, under the controls of the
// last physics step. It is what benchmarks measure against: no command is obeyed
// and no time passes for Read. Start ends it.
func (r *Robot) Bare(ticks int) error { return r.world.loop(ticks * r.opts.substeps()) }
