package view

import (
	"fmt"

	"whisker/controller"
)

// Status is what a Sample does not say: where in the clip the run is, and the
// words for the banner.
type Status struct {
	Clip   int    // index into Options.Clips; -1 for none
	Frame  int    // of the clip
	Frames int    // how many the clip has; 0 hides the progress
	Paused bool   // the motion is held
	Fault  string // why the robot was stopped; the red banner
	Note   string // anything else worth a line, such as a score
}

// snapshot is what one Publish leaves for the sender.
type snapshot struct {
	sample    controller.Sample
	frames    []float32
	ghost     []float32
	animal    []float32
	hasGhost  bool
	hasAnimal bool
	late      histogram // of every tick so far, also of those never sent
	work      histogram // read, act, guard and write together
	clamped   uint64
	skipped   uint64
}

func newSnapshot(o *Options) snapshot {
	return snapshot{
		sample: controller.NewSample(o.Body),
		frames: make([]float32, 7*len(o.Frames)),
		ghost:  make([]float32, 7*len(o.Frames)),
		animal: make([]float32, 7*len(o.Animal.Frames)),
	}
}

// Publish shows a tick. frames, and ghost where there is a reference (else
// nil), hold 7 numbers a frame in the order of Options.Frames; so does animal, in
// that of its own, where the reference was made of an animal's motion (else nil).
// It copies all it is given, never blocks and allocates nothing. One goroutine may
// call it, the loop's.
func (s *Server) Publish(sample *controller.Sample, frames, ghost, animal []float32) {
	n, na := 7*len(s.options.Frames), 7*len(s.options.Animal.Frames)
	if len(frames) != n || ghost != nil && len(ghost) != n || animal != nil && len(animal) != na {
		panic(fmt.Sprintf("view: poses of %d, %d and %d numbers: want %d, %d and %d (7 a frame)", len(frames), len(ghost), len(animal), n, n, na))
	}
	t := &sample.Timing
	s.late.add(t.Late)
	s.work.add(t.Read + t.Act + t.Guard + t.Write)
	s.clamped += uint64(sample.Clamped)
	s.skipped += uint64(t.Skipped)

	to := s.newest.Write()
	to.sample.CopyFrom(sample)
	copy(to.frames, frames)
	to.hasGhost, to.hasAnimal = ghost != nil, animal != nil
	copy(to.ghost, ghost)
	copy(to.animal, animal)
	to.late, to.work, to.clamped, to.skipped = s.late, s.work, s.clamped, s.skipped
	s.newest.Send()
}

// SetStatus shows where the run is, from now on. Like Publish it never blocks
// and allocates nothing, and only the goroutine that publishes may call it.
func (s *Server) SetStatus(st Status) {
	*s.status.Write() = st
	s.status.Send()
}
