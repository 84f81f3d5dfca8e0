//go:build data

package train_test

import (
	"os"
	"path/filepath"
	"testing"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// Recorded clips were never learned from. The policy must not do worse on them
// than the reference alone; how much better it does is printed.
func TestTheShippedPolicyOnRecordedClips(t *testing.T) {
	dir := os.Getenv("WHISKER_DATA")
	if dir == "" {
		t.Fatal("WHISKER_DATA is not set: make test DATA=dir sets it")
	}
	files, err := filepath.Glob(filepath.Join(dir, "rat", "rat_*_250.csv"))
	if err != nil || len(files) < 3 {
		t.Fatalf("recorded clips in %s: %v (%v), want 3", dir, files, err)
	}
	robot, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer robot.Close()
	file, err := policy.Rat()
	if err != nil {
		t.Fatal(err)
	}
	open, trained := 0.0, 0.0
	for _, path := range files {
		clips, err := motion.ReadFile(path, robot.Kinematics())
		if err != nil {
			t.Fatal(err)
		}
		a, b, _ := both(t, robot, file, clips[0])
		t.Logf("%s: survival %.2f s open loop, %.2f s with the policy", clips[0].Name, a, b)
		open, trained = open+a/float64(len(files)), trained+b/float64(len(files))
	}
	if trained < open {
		t.Errorf("mean survival is %.2f s with the policy, %.2f s without", trained, open)
	}
}
