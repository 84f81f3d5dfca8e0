package mqtt

import (
	"crypto/rand"
	"fmt"
	"time"
)

// How a Robot gets its robot, and gives it back.

// Connect waits for the robot's agent and makes sure that it lends the robot of
// the profile. Nothing moves.
func (r *Robot) Connect() error {
	err := r.until(findTime, func() bool { return r.link.client.Load() != nil && r.agent != nil && r.agent.Status == Online })
	r.mu.Lock()
	c := r.agent
	r.mu.Unlock()
	switch {
	case r.link.client.Load() == nil:
		return fmt.Errorf("mqtt: broker %s is not reached within %v", r.o.Broker.URL, findTime)
	case c == nil:
		return fmt.Errorf("mqtt: broker %s knows no robot %s: `whisker fleet` lists those it knows, `whisker agent` on the robot makes it known", r.o.Broker.URL, r.o.Name)
	case err != nil:
		return fmt.Errorf("mqtt: robot %s is %s since %s", r.o.Name, c.Status, c.Time.Format(time.RFC3339))
	case c.Role != "agent":
		return fmt.Errorf("mqtt: %s is a %s and drives its robot itself, want an agent", r.o.Name, c.Role)
	case c.BodyHash != bodyHash(r.body):
		return fmt.Errorf("mqtt: robot %s is a %s of hash %s, the profile here has %s: want the same profile on both sides", r.o.Name, c.Body, c.BodyHash, bodyHash(r.body))
	}
	return nil
}

// Start asks for the robot and waits until it has torque and tells its state.
func (r *Robot) Start() error {
	if err := r.Connect(); err != nil {
		return err
	}
	r.mu.Lock()
	r.lease, r.ended, r.heard = 0, "", 0
	r.away, r.stats.Stop = away{}, AgentStop{}
	r.mu.Unlock()
	r.have, r.seq = nil, 0
	ack, err := r.ask(Command{Kind: KindLease, Holder: r.holder, Body: bodyHash(r.body)}, leaseTime)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.lease = ack.Lease
	r.mu.Unlock()
	return r.until(findTime, func() bool { return r.heard != 0 || r.ended != "" })
}

// Halt gives the robot back and waits until it rests. It is safe at any time and
// twice. An error says that this was not confirmed: then the agent brings the robot
// to rest by itself, for no setpoint follows.
func (r *Robot) Halt() error {
	r.mu.Lock()
	lease := r.lease
	over := lease == 0 || r.ended != ""
	r.lease = 0
	r.mu.Unlock()
	if over {
		return nil
	}
	if _, err := r.ask(Command{Kind: KindRelease, Lease: lease}, restTime); err != nil {
		return fmt.Errorf("%w; no setpoint follows, and the agent brings the robot to rest within %v", err, r.o.Allowance)
	}
	return nil
}

// EStop cuts torque at once, whoever has the robot.
func (r *Robot) EStop() error {
	_, err := r.ask(Command{Kind: KindEStop}, restTime)
	return err
}

// ask sends a command and waits for its answer.
func (r *Robot) ask(c Command, limit time.Duration) (Ack, error) {
	c.ID, c.Expires = rand.Text(), time.Now().Add(limit).UTC()
	r.mu.Lock()
	r.asked[c.ID] = nil
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.asked, c.ID)
		r.mu.Unlock()
	}()
	err := r.link.post(letter{topic: topic(r.o.Name, wordCommand), payload: encode(c), qos: 1})
	if err == nil {
		err = r.until(limit, func() bool { return r.asked[c.ID] != nil })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch a := r.asked[c.ID]; {
	case err != nil:
		return Ack{}, fmt.Errorf("mqtt: robot %s, %s: %w", r.o.Name, c.Kind, err)
	case a.Result == Refused:
		return *a, fmt.Errorf("mqtt: robot %s refuses %s: %s", r.o.Name, c.Kind, a.Why)
	default:
		return *a, nil
	}
}

// until waits for something; done is called with mu held.
func (r *Robot) until(limit time.Duration, done func() bool) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		r.mu.Lock()
		ok := done()
		r.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-r.changed:
		case <-end.C:
			return fmt.Errorf("no answer within %v", limit)
		}
	}
}
