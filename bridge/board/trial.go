package board

import (
	"fmt"

	"whisker/bridge/wire"
	"whisker/controller"
)

// How a joint is tried, when nobody knows yet which way it turns: little, slowly,
// with a quarter of its torque.
const (
	trialTurn   = 0.1 // rad; the firmware permits twice that
	trialSpeed  = 0.5 // rad/s
	trialShare  = 0.25
	trialBehind = 0.15 // rad, following error
	// encoderMax is the largest angle on the wire, rad.
	encoderMax = 7.9
)

// trial is the robot while one joint is tried: positions are those of encoders,
// and no other joint obeys.
type trial struct {
	*Robot
	body  *controller.Body
	joint int
}

// try gives a robot on which one joint may turn a little. Neither standing nor
// lying is known to it.
func (r *Robot) try(joint int) *trial {
	b := *r.body
	b.Stand, b.StandAct, b.LieAct = nil, nil, nil
	b.Limits.JointMargin, b.Limits.MaxFollowingError = 0, trialBehind
	b.Joints = append([]controller.Joint(nil), b.Joints...)
	b.Actuators = append([]controller.Actuator(nil), b.Actuators...)
	for i := range b.Actuators {
		b.Joints[i].Min, b.Joints[i].Max = -encoderMax, encoderMax
		a := &b.Actuators[i]
		a.Min, a.Max, a.MaxRate, a.MaxTorque = -encoderMax, encoderMax, trialSpeed, trialShare*a.MaxTorque
	}
	return &trial{r, &b, joint}
}

// Body is the robot's, with what is permitted during a trial.
func (t *trial) Body() *controller.Body { return t.body }

// Start asks for torque for the one joint.
func (t *trial) Start() error {
	t.asking.Lock()
	defer t.asking.Unlock()
	id, err := t.greet()
	if err != nil {
		return err
	}
	if err := t.agree(&id.Welcome, &id.Info); err != nil {
		return err
	}
	if err := unlatched(&id.State); err != nil {
		return err
	}
	return t.enable(wire.Enable{Purpose: wire.PurposeCalibrate, Joint: uint8(t.joint)})
}

// unlatched refuses a robot that has latched more than that an earlier program's
// commands ran out: the ordinary end of a host that died.
func unlatched(s *wire.State) error {
	if s.Mode == wire.ModeEStop || s.Mode == wire.ModeFault && s.Fault != wire.FaultExpired {
		return fmt.Errorf("board: the firmware has latched %v: remove the cause, then clear it with `whisker doctor --robot ... --clear %v`", latched(s), latched(s))
	}
	return nil
}
