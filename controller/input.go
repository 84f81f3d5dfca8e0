package controller

import "sync/atomic"

// InputKind is a set of kinds of remote input, one bit each.
type InputKind uint16

const (
	InputStop    InputKind = 1 << iota // damp, then end; cannot be taken back
	InputReset                         // leave ModeFault for ModeIdle
	InputMode                          // Inputs.Mode is wanted
	InputPause                         // freeze or stand, see Body.StopsTime
	InputResume                        // end the pause
	InputRestart                       // play the clip from its start
	InputClip                          // Inputs.Clip is chosen
	InputGoal                          // Inputs.Goal is wanted
)

// Goal is where a body is asked to go.
type Goal struct {
	Vel     [2]float64 // m/s, forward and left in the heading frame
	Heading float64    // rad, counter-clockwise from the world's x
	// Turn is how fast it turns, rad/s, in place of where: a stick that is held says
	// that. It counts where ByTurn is set, and Heading does not.
	Turn   float64
	ByTurn bool
}

// Inputs are the remote inputs that one tick applied, as a recording keeps
// them. Of several inputs of a kind within one tick the newest counts.
type Inputs struct {
	Seq  uint64    // of the newest input applied so far; 0 before the first
	Kind InputKind // what this tick applied; 0 is nothing
	Mode Mode      // with InputMode
	Clip int       // with InputClip
	Goal Goal      // with InputGoal
}

// Has says whether k was applied.
func (in *Inputs) Has(k InputKind) bool { return in.Kind&k != 0 }

// Input is the one slot through which browsers, brokers and signals reach a
// Loop. Any goroutine may call its methods; none waits, and the Loop reads the
// slot once at the start of a tick, without a lock. The zero Input is ready; it
// serves one run.
type Input struct {
	slot    atomic.Pointer[inputSlot]
	changed atomic.Pointer[chan struct{}] // wakes a frozen loop
}

// inputSlot holds per kind the newest value and its sequence number. It is
// never written after it was stored: a writer stores a changed copy.
type inputSlot struct {
	seq                                                  uint64
	stop, reset, mode, pause, resume, restart, clip, aim uint64
	in                                                   Inputs
}

// Stop damps the robot and ends the run. No later input takes it back.
func (p *Input) Stop() { p.put(func(s *inputSlot) { s.stop = s.seq }) }

// Reset leaves ModeFault for ModeIdle; in other modes it does nothing.
func (p *Input) Reset() { p.put(func(s *inputSlot) { s.reset = s.seq }) }

// RequestMode asks for ModeIdle, ModeDamp, ModeStand, ModeTrack or ModeLie.
func (p *Input) RequestMode(m Mode) { p.put(func(s *inputSlot) { s.mode, s.in.Mode = s.seq, m }) }

// Pause freezes a body that stops time; any other body stands.
func (p *Input) Pause() { p.put(func(s *inputSlot) { s.pause = s.seq }) }

// Resume ends a pause.
func (p *Input) Resume() { p.put(func(s *inputSlot) { s.resume = s.seq }) }

// Restart plays the clip from its start.
func (p *Input) Restart() { p.put(func(s *inputSlot) { s.restart = s.seq }) }

// ChooseClip plays another clip, by its index.
func (p *Input) ChooseClip(i int) { p.put(func(s *inputSlot) { s.clip, s.in.Clip = s.seq, i }) }

// SetGoal asks the policy to go somewhere.
func (p *Input) SetGoal(g Goal) { p.put(func(s *inputSlot) { s.aim, s.in.Goal = s.seq, g }) }

func (p *Input) put(change func(*inputSlot)) {
	for {
		old := p.slot.Load()
		s := inputSlot{}
		if old != nil {
			s = *old
		}
		s.seq++
		change(&s)
		if p.slot.CompareAndSwap(old, &s) {
			break
		}
	}
	if c := p.changed.Load(); c != nil {
		select {
		case *c <- struct{}{}:
		default:
		}
	}
}

// take stores in dst what came after dst.Seq, so that each input is applied
// once. A pause and a resume in one tick leave the later.
func (p *Input) take(dst *Inputs) {
	since := dst.Seq
	dst.Kind = 0
	s := p.slot.Load()
	if s == nil {
		return
	}
	*dst = s.in
	dst.Seq = s.seq
	fresh := func(seq uint64, k InputKind) {
		if seq > since {
			dst.Kind |= k
		}
	}
	fresh(s.reset, InputReset)
	fresh(s.mode, InputMode)
	fresh(s.restart, InputRestart)
	fresh(s.clip, InputClip)
	fresh(s.aim, InputGoal)
	if s.pause > s.resume {
		fresh(s.pause, InputPause)
	} else {
		fresh(s.resume, InputResume)
	}
	fresh(s.stop, InputStop)
}

// watch returns a channel that receives after every later input.
func (p *Input) watch() <-chan struct{} {
	c := make(chan struct{}, 1)
	p.changed.Store(&c)
	return c
}
