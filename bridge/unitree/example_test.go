package unitree_test

import (
	"fmt"

	"whisker/bridge/unitree"
)

// A command that was seen on the wire of a Go2: a motor that only damps.
func Example() {
	objects, err := unitree.DecodeText("FEEE1100000000000000000000B40037C1")
	fmt.Printf("%s\n%v\n", objects[0], err)
	// Output:
	// {"kind":"command","id":1,"mode":1,"onboard":true,"torque_nm":0,"velocity_rad_s":0,"position_rad":0,"kd":0.140625}
	// <nil>
}
