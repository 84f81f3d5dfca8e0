//go:build cgo

package sim_test

import (
	"fmt"

	"whisker/controller"
	"whisker/sim"
)

// The rat holds its standing pose for a second.
func Example() {
	rat, err := sim.Open(sim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rat.Close()
	state, command := controller.NewState(rat.Body()), controller.NewCommand(rat.Body())
	if err := rat.Start(); err != nil {
		fmt.Println(err)
		return
	}
	for tick := 0; tick <= 50; tick++ {
		if err := rat.Read(&state); err != nil {
			fmt.Println(err)
			return
		}
		if tick == 0 {
			copy(command.Pos, state.ActPos) // hold
		}
		if err := rat.Write(&command); err != nil {
			fmt.Println(err)
			return
		}
	}
	_ = rat.Halt()
	fmt.Printf("after %v the torso is %.0f cm above the floor\n", state.Time, 100*state.Root.Pos[2])
	// Output: after 1s the torso is 7 cm above the floor
}
