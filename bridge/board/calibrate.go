package board

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// Person stands beside the robot while it is calibrated.
type Person interface {
	// Confirm asks a question and waits for yes or no.
	Confirm(ctx context.Context, question string) (yes bool, err error)
	// Tell says what happens next.
	Tell(text string)
	// Held says whether the switch is held without which no joint turns.
	Held() bool
}

// Pose is one that a person can put the robot into by hand.
type Pose struct {
	Name string    // such as lie
	Q    []float64 // rad, per joint
	// Turns says in words where a joint's positive direction leads, to be compared
	// with what is seen.
	Turns func(joint int) string
}

// Calibrate finds sign and offset of every joint and stores them in the robot,
// which loses the calibration that it had. The person puts it into a pose that is
// known, which gives the offsets, and is shown each joint's turn, one at a time
// while they hold the switch, which gives the signs and shows wrong wiring: a
// joint that does not turn, or another one that does. Run has to be running.
func (r *Robot) Calibrate(ctx context.Context, person Person, pose Pose) (*Calibration, error) {
	id, err := r.Greet()
	if err != nil {
		return nil, err
	}
	if err := r.agree(&id.Welcome, &id.Info); err != nil {
		return nil, err
	}
	if err := ask(ctx, person, fmt.Sprintf("Robot %s (%x) forgets its calibration. Go on?", r.o.Profile.Name, id.Welcome.UID)); err != nil {
		return nil, err
	}
	if err := r.Store(nil); err != nil {
		return nil, err
	}
	if err := ask(ctx, person, fmt.Sprintf("Put the robot into the pose %q, all joints at rest. Is it there?", pose.Name)); err != nil {
		return nil, err
	}
	encoders, err := r.rest(ctx)
	if err != nil {
		return nil, err
	}
	c := &Calibration{Robot: r.o.Profile.Name, UID: fmt.Sprintf("%x", id.Welcome.UID)}
	for i := range r.body.Joints {
		sign, err := r.sign(ctx, person, pose, i)
		if err != nil {
			return nil, err
		}
		c.Joints = append(c.Joints, JointCalibration{Name: r.body.Joints[i].Name, Sign: sign, Offset: pose.Q[i] - float64(sign)*encoders[i]})
	}
	if err := r.Store(c); err != nil {
		return nil, err
	}
	return c, r.confirm(ctx, pose)
}

// ask is a question that ends the calibration when it is denied.
func ask(ctx context.Context, person Person, question string) error {
	yes, err := person.Confirm(ctx, question)
	if err == nil && !yes {
		err = errors.New("board: the calibration was given up; the robot has none until it is calibrated")
	}
	return err
}

const (
	restTimeout = 20 * time.Second
	restSpread  = 0.01 // rad
	restStates  = 50   // half a second
)

// rest waits until the joints are still, and measures where they are, rad.
func (r *Robot) rest(ctx context.Context) ([]float64, error) {
	n := len(r.body.Joints)
	low, top, sum := make([]float64, n), make([]float64, n), make([]float64, n)
	limit := time.Now().Add(restTimeout)
	for count, last := 0, uint64(0); ; time.Sleep(time.Millisecond) {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(limit):
			return nil, fmt.Errorf("board: the joints do not rest: in %v there was no half second in which all stayed within %g rad", restTimeout, restSpread)
		}
		r.mu.Lock()
		s, states := r.in.state, r.in.states
		r.mu.Unlock()
		if states == last {
			continue
		}
		last = states
		still := true
		for i := range n {
			q := s.Joint[i].Pos
			if count == 0 {
				low[i], top[i], sum[i] = q, q, 0
			}
			low[i], top[i], sum[i] = math.Min(low[i], q), math.Max(top[i], q), sum[i]+q
			still = still && top[i]-low[i] <= restSpread
		}
		if count++; !still {
			count = 0
		}
		if count == restStates {
			for i := range sum {
				sum[i] /= restStates
			}
			return sum, nil
		}
	}
}

// sign turns one joint and has the person say which way it went.
func (r *Robot) sign(ctx context.Context, person Person, pose Pose, joint int) (int, error) {
	name := r.body.Joints[joint].Name
	for {
		person.Tell(fmt.Sprintf("Joint %d of %d, %s: hold the switch, and it turns by %g rad and back.", joint+1, len(r.body.Joints), name, trialTurn))
		if err := r.turn(ctx, person, joint); err != nil {
			return 0, fmt.Errorf("board: %s: %w", name, err)
		}
		yes, err := person.Confirm(ctx, fmt.Sprintf("Did %s first turn so that %s?", name, pose.Turns(joint)))
		switch {
		case err != nil:
			return 0, err
		case yes:
			return 1, nil
		}
		yes, err = person.Confirm(ctx, "Did it turn exactly the other way? (no: it is shown again)")
		switch {
		case err != nil:
			return 0, err
		case yes:
			return -1, nil
		}
	}
}

// turn moves one joint and back under the Loop and its guard, while the switch is
// held, and checks by the encoders that it moved, and alone.
func (r *Robot) turn(ctx context.Context, person Person, joint int) error {
	p := &turning{joint: joint}
	l := &controller.Loop{
		Robot: r.try(joint), Policy: p, Pacer: &ticker{period: r.body.Period}, Input: new(controller.Input), Held: person.Held,
		Mode: controller.ModeIdle, Overruns: controller.Overruns{Max: 99, Window: 100},
	}
	if err := l.Run(ctx); err != nil {
		return err
	}
	if p.reached < 0.5*trialTurn {
		return fmt.Errorf("it was told to turn by %g rad and turned by %.3f: is it blocked, or is its motor another's?", trialTurn, p.reached)
	}
	for i, d := range p.moved {
		if i != joint && d > 0.5*trialTurn {
			return fmt.Errorf("%s moved with it, by %.3f rad: are two motors exchanged, or does one leg push the other?", r.body.Joints[i].Name, d)
		}
	}
	return nil
}

// trialTime is how long a joint takes to turn and come back.
const trialTime = 800 * time.Millisecond

// trialTick is the period of a slow robot: no step of a turn is for longer than two.
const trialTick = 20 * time.Millisecond

// turning is the policy that turns one joint and back.
type turning struct {
	joint       int
	done        time.Duration // of the turn, by the robot's clock
	at          time.Duration // that clock at the last tick
	from, moved []float64     // rad
	reached     float64       // rad, in the direction asked for
}

// Act moves the set point along one period of a raised cosine.
func (p *turning) Act(s *controller.State, c *controller.Command) error {
	if p.from == nil {
		p.from, p.moved = append([]float64(nil), s.ActPos...), make([]float64, len(s.ActPos))
		p.at = s.Time
	}
	for i, q := range s.ActPos {
		p.moved[i] = math.Max(p.moved[i], math.Abs(q-p.from[i]))
	}
	p.reached = math.Max(p.reached, s.ActPos[p.joint]-p.from[p.joint])
	p.done, p.at = p.done+min(s.Time-p.at, 2*trialTick), s.Time // not what passed while the switch was released
	if p.done >= trialTime {
		return controller.ErrDone
	}
	for i := range c.Pos {
		c.Pos[i], c.Vel[i], c.Torque[i] = s.ActPos[i], 0, 0
		if i != p.joint {
			c.Kp[i] = 0
		}
	}
	c.Pos[p.joint] = p.from[p.joint] + trialTurn*(1-math.Cos(2*math.Pi*p.done.Seconds()/trialTime.Seconds()))/2
	return nil
}

// ticker paces trials: a period after a period, without a deadline to catch up with.
type ticker struct{ period time.Duration }

// Wait sleeps for a period.
func (t *ticker) Wait(ctx context.Context) (time.Duration, int, error) {
	time.Sleep(t.period)
	return 0, 0, ctx.Err()
}

// confirm checks that the robot, which has not left the pose, now says that it is in it.
func (r *Robot) confirm(ctx context.Context, pose Pose) error {
	time.Sleep(4 * askEvery) // the firmware measures anew
	q, err := r.rest(ctx)
	if err != nil {
		return err
	}
	for i := range q {
		if math.Abs(q[i]-pose.Q[i]) > trialTurn {
			return fmt.Errorf("board: with its calibration %s is at %.3f rad, and at %.3f in the pose %q: it was moved meanwhile, calibrate again", r.body.Joints[i].Name, q[i], pose.Q[i], pose.Name)
		}
	}
	return nil
}
