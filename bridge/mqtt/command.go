package mqtt

import (
	"fmt"
	"slices"
	"time"

	"whisker/controller"
)

// Kinds of commands.
const (
	KindStart   = "start"   // go on
	KindStop    = "stop"    // damp, come to rest, stay there until reset
	KindEStop   = "estop"   // cut torque where the robot can; else stop
	KindReset   = "reset"   // end what stop or a fault began
	KindClip    = "clip"    // play Command.Clip
	KindGoal    = "goal"    // go to Command.Goal
	KindLease   = "lease"   // an agent's robot, for whoever asks
	KindRelease = "release" // give it back: damped stop
)

var kinds = []string{KindStart, KindStop, KindEStop, KindReset, KindClip, KindGoal, KindLease, KindRelease}

// Bounds of commands.
const (
	maxCommand = 4096             // bytes
	maxAhead   = time.Minute      // that a command may be good for
	maxSeen    = 1024             // ids that are remembered
	eventTime  = 10 * time.Minute // that an event waits for the broker
)

// Command is what a person or a program asks a robot for.
type Command struct {
	// ID is the asker's, another one for each command; a second command of the same
	// ID is neither obeyed nor answered, unless it stops.
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// Expires is when the command is void, at most a minute ahead. Stop and e-stop
	// are obeyed without, and after it.
	Expires time.Time `json:"expires,omitzero"`
	Clip    string    `json:"clip,omitempty"`   // with clip: its name
	Goal    *Goal     `json:"goal,omitempty"`   // with goal
	Holder  string    `json:"holder,omitempty"` // with lease: who asks, for those who are refused
	Body    string    `json:"body_hash,omitempty"`
	Lease   uint32    `json:"lease,omitempty"` // with release
}

// Goal is where a robot is asked to go.
type Goal struct {
	Vel     [2]float64 `json:"vel_m_s"` // forward and left, in the heading frame
	Heading float64    `json:"heading_rad"`
}

// Values of Ack.Result.
const (
	Done    = "done"
	Refused = "refused"
	Ended   = "ended" // a lease that was granted: Why says how
)

// Ack answers a command, once, and a lease again when it ends.
type Ack struct {
	Header
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Result string `json:"result"`
	Why    string `json:"why,omitempty"`
	Lease  uint32 `json:"lease,omitempty"` // that was granted
}

// Wishes is who obeys commands. Its methods are called one after the other, not
// from the loop's goroutine; an error refuses the command and is its answer.
type Wishes interface {
	Start() error
	Stop() error
	EStop() error
	Reset() error
	ChooseClip(int) error // an index of Options.Clips
	SetGoal(controller.Goal) error
}

// stops says that c cannot come too late or too often.
func (c *Command) stops() bool { return c.Kind == KindStop || c.Kind == KindEStop }

// judge says which commands are obeyed.
type judge struct {
	seen map[string]time.Time // by id, until when it is remembered
	now  func() time.Time
}

func newJudge() *judge { return &judge{seen: map[string]time.Time{}, now: time.Now} }

// read takes a command apart. Of one that cannot be answered, for want of an
// ID, c.ID is "". again says that it was there before.
func (j *judge) read(b []byte, retained bool) (c Command, again bool, err error) {
	if len(b) > maxCommand {
		return c, false, fmt.Errorf("a command of %d bytes, want at most %d", len(b), maxCommand)
	}
	if retained {
		return c, false, fmt.Errorf("a retained command: it would be obeyed again at each connection; clear it, and publish without retain")
	}
	if err := decode(b, &c, true); err != nil {
		var id struct {
			ID string `json:"id"`
		}
		_ = decode(b, &id, false)
		c = Command{}
		if len(id.ID) <= 64 {
			c.ID = id.ID
		}
		return c, false, fmt.Errorf("no command: %w", err)
	}
	if n := len(c.ID); n == 0 || n > 64 {
		return Command{}, false, fmt.Errorf("an id of %d characters, want 1 to 64", n)
	}
	if j.remember(c.ID) && !c.stops() {
		return c, true, nil
	}
	return c, false, j.check(&c)
}

// remember says whether an id was there before.
func (j *judge) remember(id string) (again bool) {
	now := j.now()
	for id, until := range j.seen {
		if now.After(until) {
			delete(j.seen, id)
		}
	}
	if _, again = j.seen[id]; !again && len(j.seen) < maxSeen {
		j.seen[id] = now.Add(maxAhead)
	}
	return again
}

// check refuses what is old, and says what is not known.
func (j *judge) check(c *Command) error {
	if !slices.Contains(kinds, c.Kind) {
		return fmt.Errorf("kind %q, want one of %v", c.Kind, kinds)
	}
	switch ahead := c.Expires.Sub(j.now()); {
	case c.stops():
	case c.Expires.IsZero():
		return fmt.Errorf("%s without expires, want a time at most %v ahead", c.Kind, maxAhead)
	case ahead <= 0:
		return fmt.Errorf("expired %v ago by this robot's clock", (-ahead).Round(time.Millisecond))
	case ahead > maxAhead:
		return fmt.Errorf("expires in %v by this robot's clock, want at most %v", ahead.Round(time.Second), maxAhead)
	case len(j.seen) >= maxSeen:
		return fmt.Errorf("more than %d commands within %v", maxSeen, maxAhead)
	case c.Kind == KindGoal && c.Goal == nil:
		return fmt.Errorf("no goal, want vel_m_s and heading_rad")
	}
	return nil
}

// obey does what c asks for.
func obey(w Wishes, c *Command, clips []string) error {
	switch c.Kind {
	case KindStart:
		return w.Start()
	case KindStop:
		return w.Stop()
	case KindEStop:
		return w.EStop()
	case KindReset:
		return w.Reset()
	case KindGoal:
		return w.SetGoal(controller.Goal{Vel: c.Goal.Vel, Heading: c.Goal.Heading})
	case KindClip:
		if i := slices.Index(clips, c.Clip); i >= 0 {
			return w.ChooseClip(i)
		}
		return fmt.Errorf("clip %q, want one of %v", c.Clip, clips)
	}
	return fmt.Errorf("%s is for an agent, this is a loop", c.Kind)
}
