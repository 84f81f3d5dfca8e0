package policy_test

import (
	"fmt"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// The shipped policy follows a shipped clip for as long as it keeps within
// 100 mm and 60 degrees of it.
func Example() {
	robot, err := sim.Open(sim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer robot.Close()
	clip, err := motion.Shipped("stand")
	if err != nil {
		fmt.Println(err)
		return
	}
	reference, err := policy.NewReference(robot.Body(), clip, robot.Kinematics())
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := policy.Rat()
	if err != nil {
		fmt.Println(err)
		return
	}
	tracker, err := policy.NewTracker(robot.Body(), file, reference)
	if err != nil {
		fmt.Println(err)
		return
	}
	var p controller.Policy = tracker // what controller.Loop runs
	seconds, completed, err := train.Survival(robot, p.(*policy.Tracker))
	fmt.Println(seconds, completed, err)
	// Output: 5 true <nil>
}
