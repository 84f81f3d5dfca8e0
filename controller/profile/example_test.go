package profile_test

import (
	"fmt"

	"whisker/controller/profile"
)

// A profile that ships becomes a body; a mistake in one is named with its line.
func Example() {
	p, err := profile.Open("quadruped")
	if err != nil {
		fmt.Println(err)
		return
	}
	b := p.Body(p.Measured())
	fmt.Printf("%s: %d joints at %v, %s holds %g N·m\n", b.Name, len(b.Joints), b.Period, b.Joints[2].Name, b.Actuators[2].MaxTorque)
	_, err = profile.Parse("dog.yaml", []byte("name: dog\nlegs: 4\n"))
	fmt.Println(err)
	// Output:
	// quadruped: 12 joints at 20ms, FR_calf_joint holds 28 N·m
	// profile: dog.yaml:2: unknown field "legs"
}
