package policy

import _ "embed"

//go:embed rat.policy
var ratPolicy []byte

// Rat is the policy that ships with Whisker: it follows clips of standing,
// turning, walking and trotting on the simulated rat. Nothing but its 60 latents
// carries the reference to the command.
// What it was trained on is in its contract.
func Rat() (*File, error) { return Parse(ratPolicy) }

// Shipped is the policy that ships for a robot, by name; nil where none does: the
// reference's own command is then all there is.
func Shipped(robot string) (*File, error) {
	if robot == "rat" {
		return Rat()
	}
	return nil, nil
}
