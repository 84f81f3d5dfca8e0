package motion_test

import (
	"fmt"
	"strings"

	"whisker/policy/motion"
)

// A clip is a table: time, root, joints.
func ExampleReadCSV() {
	file := `t,root_x,root_y,root_z,root_qw,root_qx,root_qy,root_qz,knee_L,knee_R
0.00,0.000,0.01,0.07,1,0,0,0,0.1,0.5
0.02,0.004,0.01,0.07,1,0,0,0,0.2,0.4
0.04,0.008,0.01,0.07,1,0,0,0,0.3,0.3
0.06,0.012,0.01,0.07,1,0,0,0,0.4,0.2
0.08,0.016,0.01,0.07,1,0,0,0,0.5,0.1
`
	clip, err := motion.ReadCSV(strings.NewReader(file), "walk.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %d frames at %g Hz, %.1f m/s, knee %.0f rad/s\n", clip.Name, clip.Len(), clip.Rate, clip.Twists[2].Vel[0], clip.Twists[2].Qd[0])
	mirror, err := motion.Mirror(clip)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mirror.Name, mirror.Poses[0].Pos, mirror.Poses[0].Q)

	_, err = motion.ReadCSV(strings.NewReader(strings.Replace(file, "0.2,0.4", "0.2,NaN", 1)), "walk.csv")
	fmt.Println(err)
	// Output:
	// walk: 5 frames at 50 Hz, 0.2 m/s, knee 5 rad/s
	// walk_mirrored [0 -0.01 0.07] [0.5 0.1]
	// motion: walk.csv:3: column knee_R: "NaN", expected a finite number
}
