package main

import (
	"os"
	"path/filepath"
	"testing"

	"whisker/policy/motion"
)

func TestClipsOfATrainingAreMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clips")
	made := 0
	get := func(sources string) string {
		t.Helper()
		clips, err := keep(path, sources, func() ([]*motion.Clip, error) {
			made++
			return []*motion.Clip{{Name: sources, Rate: 50, Poses: []motion.Pose{{Q: []float64{float64(made)}}}}}, nil
		})
		if err != nil || len(clips) != 1 || len(clips[0].Poses) != 1 {
			t.Fatalf("%v, %v", clips, err)
		}
		return clips[0].Name
	}
	if get("walks"); get("walks") != "walks" || made != 1 {
		t.Errorf("made %d times for the same sources, want once", made)
	}
	if get("turns") != "turns" || made != 2 {
		t.Errorf("made %d times, want 2: clips of other sources are others", made)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if get("turns") != "turns" || made != 3 {
		t.Errorf("made %d times, want 3: the file was cut short", made)
	}
}
