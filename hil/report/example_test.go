package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"whisker/hil"
	"whisker/hil/report"
)

// Two runs of the quadruped, with physics steps of 4 and of 2 ms.
func ExampleMake() {
	dir, err := os.MkdirTemp("", "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	s := hil.DefaultScenario()
	s.Robot, s.Policy, s.Clips, s.Pace, s.Seconds = "quadruped", hil.OpenLoop, []string{"stand"}, "lockstep", 1
	o := report.Options{First: filepath.Join(dir, "coarse.mcap"), Second: filepath.Join(dir, "fine.mcap")}
	for path, step := range map[string]float64{o.First: 4, o.Second: 2} {
		s.Record, s.Physics.TimestepMs = path, step
		if _, err := hil.Run(context.Background(), s, "example", zerolog.Nop()); err != nil {
			fmt.Println(err)
			return
		}
	}
	r, err := report.Make(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Title)
	fmt.Printf("%s: %s, gate %s: %s\n", r.Items[0].Name, r.Items[0].Unit, r.Items[0].Bound(), r.Items[0].Verdict)
	fmt.Println(r.Difference.Settings[0])
	// Output:
	// coarse.mcap (simulation) against fine.mcap (simulation)
	// Joint position RMSE: rad, gate ≤ 0.0057: pass
	// the physics step, ms (4 and 2)
}
