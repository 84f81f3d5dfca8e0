//go:build data && cgo

package sim

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"whisker/controller"
)

// outside is a file of the folder of recordings and models.
func outside(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("WHISKER_DATA")
	if dir == "" {
		t.Fatal("WHISKER_DATA is not set: run make test DATA=dir")
	}
	return filepath.Join(dir, name)
}

// poses reads a clip: root position and quaternion, then the joints.
func poses(t *testing.T, k *Kinematics, file string) []pose {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var out []pose
	for _, row := range rows[1:] {
		number := func(name string) float64 {
			v, err := strconv.ParseFloat(row[column[name]], 64)
			if err != nil {
				t.Fatalf("%s: column %s: %v", file, name, err)
			}
			return v
		}
		var p pose
		for i, axis := range []string{"x", "y", "z"} {
			p.root.Pos[i] = number("root_" + axis)
		}
		for i, part := range []string{"w", "x", "y", "z"} {
			p.root.Quat[i] = number("root_q" + part)
		}
		for _, joint := range k.JointNames() {
			p.q = append(p.q, number(joint))
		}
		out = append(out, p)
	}
	return out
}

func TestPawsOfAStandingRatAreOnTheFloor(t *testing.T) {
	k := ratKinematics(t)
	clip := poses(t, k, outside(t, "rat/rat_A_clip_250_250.csv"))
	mean, worst := map[string]float64{}, 0.0
	for _, p := range clip {
		p.set(k)
		low := math.Inf(1)
		for _, paw := range ratPaws() {
			z := k.LowestPoint(id(t, k, paw))
			mean[paw] += z / float64(len(clip))
			low = math.Min(low, z)
		}
		worst = math.Max(worst, math.Abs(low))
	}
	t.Logf("mean heights %v m, the lowest paw strays %.4f m", mean, worst)
	for paw, z := range mean {
		near(t, "mean height of "+paw, z, 0, 0.010)
	}
	near(t, "height of the lowest paw", worst, 0, 0.010)
}

// go1Scene is the Go1 with its floor and key frames, under the file names that
// the parts include each other by.
func go1Scene(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob(outside(t, "models/go1/playground_*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go1 there: %v", err)
	}
	for _, file := range files {
		if err := os.Symlink(file, filepath.Join(dir, strings.TrimPrefix(filepath.Base(file), "playground_"))); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "scene_mjx_feetonly_flat_terrain.xml")
}

func TestOtherRobotsStandIn(t *testing.T) {
	for _, c := range []struct {
		file   string
		joints int
		first  string
		drive  controller.Drive
		absent bool // of the visual meshes
	}{
		{go1Scene(t), 12, "FR_hip_joint", controller.DrivePosition, true},
		{outside(t, "models/go2/go2.xml"), 12, "FL_hip_joint", controller.DriveImpedance, true},
		{outside(t, "models/rodent/rodent.xml"), 67, "vertebra_1_extend", controller.DrivePosition, false},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			r := open(t, Options{Model: c.file})
			b := r.Body()
			if len(b.Joints) != c.joints || b.Joints[0].Name != c.first || b.Actuators[0].Drive != c.drive || !b.Measures.IMU {
				t.Fatalf("%d joints, first %s, actuator %+v", len(b.Joints), b.Joints[0].Name, b.Actuators[0])
			}
			if missing := strings.Contains(strings.Join(r.Warnings(), "\n"), "mesh"); missing != c.absent {
				t.Errorf("warnings %q", r.Warnings())
			}
			g := start(t, r)
			for i, a := range b.Actuators {
				if a.Drive == controller.DriveImpedance {
					g.c.Kp[i], g.c.Kd[i] = a.Kp, a.Kd
				}
			}
			g.tick(100)
			up := 1 - 2*(sq(g.s.IMU.Quat[1])+sq(g.s.IMU.Quat[2]))
			t.Logf("stands at %.3f m, started at %.3f, feet %v, force %.3g N", g.world.qpos[2], b.StandHeight, b.Feet, g.s.FootForce)
			if up < 0.95 || math.Abs(g.world.qpos[2]-b.StandHeight) > 0.15*b.StandHeight {
				t.Errorf("after two seconds it is at %.3f m, upright %.2f; it started at %.3f m", g.world.qpos[2], up, b.StandHeight)
			}
			if len(r.Shapes()) < 10 {
				t.Errorf("only %d shapes", len(r.Shapes()))
			}
		})
	}
}

func TestBareGo1Loads(t *testing.T) {
	for _, name := range []string{"mjx", "mjx_feetonly", "mjx_fullcollisions"} {
		r := open(t, Options{Model: outside(t, "models/go1/playground_go1_"+name+".xml")})
		b := r.Body()
		if len(b.Joints) != 12 || len(b.Feet) != 4 || math.Abs(b.Actuators[2].MaxTorque-35.55) > 1e-9 || len(r.Warnings()) == 0 {
			t.Errorf("%s: %d joints, feet %v, knee %+v, warnings %q", name, len(b.Joints), b.Feet, b.Actuators[2], r.Warnings())
		}
		start(t, r).tick(5)
	}
}
