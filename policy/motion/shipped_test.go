package motion_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/policy/motion"
	"whisker/sim"
)

var update = flag.Bool("update-clips", false, "write the shipped clips again")

func TestShippedClipsAreWhatTheirSpecsGive(t *testing.T) {
	b, k := openRat(t)
	made, err := motion.SynthesizeShipped(k, b)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		for _, c := range made {
			f, err := os.Create(filepath.Join("clips", c.Name+".csv"))
			if err != nil {
				t.Fatal(err)
			}
			if err := motion.WriteCSV(f, c); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	for i, name := range motion.ShippedNames() {
		shipped, err := motion.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		if shipped.Len() != 250 || shipped.Rate != 50 || shipped.Name != name || shipped.Source != made[i].Source {
			t.Errorf("%s: %d frames at %g Hz, named %s, from %s", name, shipped.Len(), shipped.Rate, shipped.Name, shipped.Source)
		}
		if d := distance(shipped, made[i]); d > 1e-6 {
			t.Errorf("%s differs by up to %.2g from what its spec gives; go test ./policy/motion -run Shipped -update-clips writes it again", name, d)
		}
	}
}

func TestUnknownShippedClip(t *testing.T) {
	if _, err := motion.Shipped("gallop"); err == nil || !strings.Contains(err.Error(), "stand, turn, walk") {
		t.Errorf("got %v, want the names there are", err)
	}
}

func ExampleShipped() {
	clip, err := motion.Shipped("walk")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(clip.Source)
	fmt.Println(clip.Len(), "frames of", len(clip.Joints), "joints")
	// Output:
	// synthesised walk seed 1, 5 s, 0.15 m/s, curvature 0.8 1/m
	// 250 frames of 67 joints
}

func ExampleSynthesize() {
	rat, err := sim.Open(sim.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rat.Close()
	clip, err := motion.Synthesize(rat.Kinematics(), rat.Body(), motion.Spec{Kind: motion.Trot, Seed: 3, Seconds: 3, Speed: 0.4})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(clip.Name, clip.Len())
	// Output: trot-3 150
}
