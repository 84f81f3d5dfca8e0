package train_test

import (
	"context"
	"fmt"

	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// A short run: two worlds, one clip, a few hundred transitions.
func Example() {
	robot, err := sim.Open(sim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer robot.Close()
	second, err := robot.Clone()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer second.Close()
	clip, err := motion.Shipped("stand")
	if err != nil {
		fmt.Println(err)
		return
	}
	refs, err := train.References(robot.Body(), robot.Kinematics(), []*motion.Clip{clip})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := train.NewConfig()
	c.Transitions, c.NormaliseOver, c.Horizon, c.Minibatch = 256, 100, 64, 64
	c.Progress = func(string) {}
	var worlds = []train.World{robot, second}
	fmt.Println(train.Run(context.Background(), c, worlds, refs))
	// Output: <nil>
}
