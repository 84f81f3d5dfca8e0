package moteus_test

import (
	"fmt"

	"whisker/bridge/moteus"
)

// A line that was seen between a host and its adapter: a position command of the
// manual, in numbers.
func Example() {
	objects, err := moteus.DecodeText("can send 8001 01000a072060002001000050")
	for _, o := range objects {
		fmt.Printf("%s\n", o)
	}
	fmt.Println(err)
	// Output:
	// {"kind":"send","from":0,"to":1,"reply":true,"subframes":[{"op":"write","resolution":"int8","register":0,"names":["mode"],"values":[10]},{"op":"write","resolution":"int16","register":32,"names":["command_position","command_velocity","command_feedforward_torque"],"values":[0.0096,0.072,0]},{"op":"nop","register":0,"count":1}]}
	// <nil>
}
