package policy

import _ "embed"

//go:embed rat.policy
var ratPolicy []byte

// Rat is the policy that ships with Whisker: it follows clips of standing,
// turning, walking and trotting on the simulated rat. Nothing but its 60 latents
// carries the reference to the command.
// What it was trained on is in its contract.
func Rat() (*File, error) { return Parse(ratPolicy) }

//go:embed rat-torque.policy
var ratTorquePolicy []byte

// RatTorque is the policy that ships for the rat with torque motors: the forces
// that make it follow clips of standing, turning and walking. It has no path from
// the reference past its latents either, and learned from Rat through servos; it
// falls sooner than that does.
func RatTorque() (*File, error) { return Parse(ratTorquePolicy) }

//go:embed quadruped.policy
var quadrupedPolicy []byte

// Quadruped is the policy that ships for the reference quadruped: it follows the
// rat's clips, retargeted, and sees no more than such a robot measures. It adds to
// the reference's command, as its contract says.
func Quadruped() (*File, error) { return Parse(quadrupedPolicy) }

// Shipped is the policy that ships for a robot, by name, with torque motors in place
// of the rat's position servos or not; nil where none does: the reference's own
// command is then all there is.
func Shipped(robot string, torque bool) (*File, error) {
	switch robot {
	case "rat":
		if torque {
			return RatTorque()
		}
		return Rat()
	case "quadruped":
		return Quadruped()
	}
	return nil, nil
}
