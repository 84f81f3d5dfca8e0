package policy

import _ "embed"

//go:embed rat.policy
var ratPolicy []byte

// Rat is the policy that ships with Whisker: it follows clips of standing,
// turning and walking on the simulated rat, adding to the reference's command.
// What it was trained on is in its contract.
func Rat() (*File, error) { return Parse(ratPolicy) }
