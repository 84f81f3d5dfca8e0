package emulate_test

import (
	"fmt"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/emulate"
	"whisker/sim"
)

// The reference quadruped in MuJoCo, driven through the firmware: it stands, and is
// told to hold that pose for 0.4 s.
func Example() {
	p, err := profile.Open("quadruped")
	if err != nil {
		panic(err)
	}
	fast := *p // the plant ticks with the firmware
	fast.RateHz = 1 / emulate.Tick.Seconds()
	plant, err := sim.Open(sim.Options{Profile: &fast, Timestep: emulate.Tick})
	if err != nil {
		panic(err)
	}
	defer plant.Close()
	robot, err := emulate.New(emulate.Options{Board: "host", Profile: p, Plant: plant})
	if err != nil {
		panic(err)
	}
	if err := robot.Start(); err != nil {
		panic(err)
	}
	defer robot.Halt()
	state, command := controller.NewState(robot.Body()), controller.NewCommand(robot.Body())
	for range 20 {
		if err := robot.Read(&state); err != nil {
			panic(err)
		}
		robot.Body().Neutral(&command)
		copy(command.Pos, robot.Body().Stand)
		if err := robot.Write(&command); err != nil {
			panic(err)
		}
	}
	if err := robot.Read(&state); err != nil {
		panic(err)
	}
	mode, fault := robot.Firmware()
	fmt.Println(state.Time.Round(time.Millisecond), mode, fault)
	// Output: 400ms enabled none
}
