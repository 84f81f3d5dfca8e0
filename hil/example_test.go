package hil_test

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"whisker/hil"
)

// A run of the shipped policy on the rat, as fast as the machine can.
func ExampleRun() {
	s := hil.DefaultScenario()
	s.Clips, s.Pace, s.Seconds = []string{"stand"}, "lockstep", 1
	result, err := hil.Run(context.Background(), s, "example", zerolog.Nop())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range result.Clips {
		fmt.Printf("%s, %s: on its reference for %.0f s\n", row.Clip, row.Controller, row.Survival)
	}
	// Output: stand, policy: on its reference for 1 s
}
