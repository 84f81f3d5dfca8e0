package train

import (
	"strings"
	"testing"
)

func TestTheTaskOfTheRat(t *testing.T) {
	task, err := ParseTask(taskYAML)
	if err != nil {
		t.Fatal(err)
	}
	r, most := &task.Reward, 0.0
	for _, b := range []Bell{r.RootPosition, r.RootRotation, r.LimbJoints, r.Feet, r.RootVelocity, r.RootRotationRate} {
		most += b.of(0)
	}
	if most < 1-1e-12 || most > 1+1e-12 {
		t.Errorf("a perfect step earns %v: want 1", most)
	}
}

func TestATaskThatNoTrainerCanUseIsRefused(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"command_change:", "command_chnage:", "command_chnage"},
		{"width: 0.02}", "width: 0}", "reward.feet"},
		{"frames: [1, 2, 3, 4, 5]", "frames: []", "observation.frames is empty"},
		{"frames: [1, 2, 3, 4, 5]", "frames: [1, 1]", "rising"},
		{"root_position: 0.06", "root_position: -1", "termination"},
		{"weight: 0.15", "weight: much", "much"},
	} {
		text := strings.Replace(string(taskYAML), c.old, c.new, 1)
		if text == string(taskYAML) {
			t.Fatalf("%q is not in the task", c.old)
		}
		if _, err := ParseTask([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v: want an error that names %q", c.new, err, c.want)
		}
	}
}
