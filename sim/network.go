package sim

import (
	"fmt"
	"math"
	"time"
)

// Network is what a motor gives beyond the torque that its command asks for, as was
// learned from a robot's logs: Torque times the output of two layers of 32 tanh units
// and a sum. Its inputs are the errors of position (what the motor was told less what
// its encoder says, over Error) now, one Period ago and two, and then the speeds, over
// Speed. It looks once a Period, at the nearest physics step, and holds its torque
// until it looks again.
//
// The sum of both is bounded as the torque alone is, and Strength is a factor on it. A
// motor that is told no stiffness holds no position, and its network gives nothing.
type Network struct {
	Period               time.Duration
	Error, Speed, Torque float64 // rad, rad/s, N·m
	// MostError and MostSpeed are the largest that it learned from, rad and rad/s; 0 is
	// not known. Robot.Unlearned counts how often it saw more.
	MostError, MostSpeed float64
	// Weights are per layer those of each output in turn, then the biases.
	Weights []float32
}

// networkSize is how many weights a network has: those of ws_weights in world.h.
const networkSize = (6+1)*32 + (32+1)*32 + 32 + 1

// check finds what cannot be simulated with physics steps of that length.
func (n *Network) check(step time.Duration) error {
	if n == nil {
		return nil
	}
	if len(n.Weights) != networkSize {
		return fmt.Errorf("%d weights, expected %d", len(n.Weights), networkSize)
	}
	for i, w := range n.Weights {
		if w-w != 0 {
			return fmt.Errorf("weight %d is %g, expected a finite number", i, w)
		}
	}
	for _, x := range [...]float64{n.Error, n.Speed, n.Torque} {
		if !(x > 0) || math.IsInf(x, 1) {
			return fmt.Errorf("scales of %g rad, %g rad/s and %g N·m, expected more than 0", n.Error, n.Speed, n.Torque)
		}
	}
	// As close as a log of the robot has to be to the logs that it learned from.
	if n.Period <= 0 || 2*step > 3*n.Period {
		return fmt.Errorf("it looks every %v, expected at least two thirds of the physics step of %v: give a smaller timestep, or learn it from a slower log", n.Period, step)
	}
	return nil
}
