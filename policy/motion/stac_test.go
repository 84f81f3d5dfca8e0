package motion_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"whisker/policy/motion"
	"whisker/sim"
)

// ratKinematics is the rat of the simulator.
func ratKinematics(t testing.TB) motion.Kinematics {
	t.Helper()
	r, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	k := r.Kinematics()
	t.Cleanup(func() { k.Close(); r.Close() })
	return k
}

// markers are places on the rat's body where a test puts key points.
func markers() map[string]struct {
	body string
	at   [3]float64
} {
	type m = struct {
		body string
		at   [3]float64
	}
	all := map[string]m{
		"Snout": {"skull", [3]float64{0.03, 0, 0}}, "SpineF": {"vertebra_cervical_5", [3]float64{-0.01, 0, 0.006}},
		"SpineM": {"vertebra_1", [3]float64{0, 0, 0.006}}, "SpineL": {"pelvis", [3]float64{0, 0, 0.01}}, "TailBase": {"pelvis", [3]float64{-0.03, 0, 0}},
	}
	for _, s := range []struct {
		side string
		y    float64
	}{{"L", 1}, {"R", -1}} {
		put := func(point, body string, x, y, z float64) { all[point+s.side] = m{body, [3]float64{x, s.y * y, z}} }
		put("Ear", "skull", -0.012, 0.014, 0.008)
		put("Shoulder", "scapula_"+s.side, 0.02, 0.012, -0.018)
		put("Elbow", "upper_arm_"+s.side, -0.013, 0.01, -0.02)
		put("Wrist", "lower_arm_"+s.side, 0.018, 0.009, -0.017)
		put("Hand", "hand_"+s.side, 0.004, 0.002, -0.008)
		put("Hip", "pelvis", -0.006, 0.014, -0.002)
		put("Knee", "upper_leg_"+s.side, 0.012, 0.014, -0.022)
		put("Ankle", "lower_leg_"+s.side, -0.027, -0.005, -0.018)
		put("Foot", "foot_"+s.side, 0.019, 0.007, -0.003)
	}
	return all
}

// film makes key points of a moving rat: its true poses, and what a camera that
// errs by noise (m) sees of an animal of the given size.
func film(k motion.Kinematics, frames int, size, noise float64) (kp *motion.KeyPoints, truth []motion.Pose) {
	r := rand.New(rand.NewPCG(1, 2))
	kp = &motion.KeyPoints{Name: "film", Source: "film", Rate: 50}
	all := markers()
	for name := range all {
		kp.Points = append(kp.Points, name)
	}
	for f := 0; f < frames; f++ {
		t := float64(f) / 50
		p := motion.Pose{Pos: [3]float64{0.2 * t, 0.05 * math.Sin(t), 0.1}, Quat: [4]float64{math.Cos(0.2 * t), 0, 0, math.Sin(0.2 * t)}}
		for j, name := range k.JointNames() {
			lo, hi := k.JointRange(j)
			mid, amp := (lo+hi)/2, 0.25*(hi-lo)
			if strings.Contains(name, "vertebra_C") || name == "mandible" || strings.HasPrefix(name, "toe") || strings.HasPrefix(name, "finger") {
				mid, amp = 0, 0 // no key point sees these
			}
			p.Q = append(p.Q, mid+amp*math.Sin(4*t+float64(j)))
		}
		truth = append(truth, p)
		k.SetPose(p.Pos, p.Quat, p.Q)
		points := make([][3]float64, len(kp.Points))
		for i, name := range kp.Points {
			id, ok := k.BodyID(all[name].body)
			if !ok {
				panic("no body " + all[name].body)
			}
			pos, q := k.BodyPose(id)
			x := place(pos, q, all[name].at)
			for a := range x {
				points[i][a] = size*x[a] + noise*r.NormFloat64()
			}
		}
		kp.Frames = append(kp.Frames, points)
	}
	return kp, truth
}

// place is pos + q at q*.
func place(pos [3]float64, q [4]float64, at [3]float64) (x [3]float64) {
	w, u := q[0], [3]float64{q[1], q[2], q[3]}
	cross := func(a, b [3]float64) [3]float64 {
		return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
	}
	t := cross(u, at)
	v := cross(u, t)
	for i := range x {
		x[i] = pos[i] + at[i] + 2*w*t[i] + 2*v[i]
	}
	return x
}

func TestFitFollowsAFilmedRat(t *testing.T) {
	k := ratKinematics(t)
	for _, size := range []float64{1, 1.1} {
		t.Run(fmt.Sprint("size ", size), func(t *testing.T) {
			kp, truth := film(k, 200, size, 0.0005)
			fit, err := motion.FitKeyPoints(kp, k)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("mean error %.2f mm, scale %.3f", 1000*fit.MeanError, fit.Scale)
			if fit.MeanError > 0.0015 {
				t.Errorf("mean error %.2f mm, expected at most 1.5 mm", 1000*fit.MeanError)
			}
			if math.Abs(fit.Scale*size-1) > 0.03 {
				t.Errorf("scale %.3f, expected %.3f within 3 %%", fit.Scale, 1/size)
			}
			paws := pawError(k, fit, truth)
			t.Logf("knees, elbows and paws %.1f mm from the true ones", 1000*paws)
			if paws > 0.005 {
				t.Errorf("knees, elbows and paws are %.1f mm from the true ones, expected at most 5 mm", 1000*paws)
			}
		})
	}
}

// pawError is the mean distance of limb bodies from the true ones, relative to
// the torso, m.
func pawError(k motion.Kinematics, fit *motion.Fit, truth []motion.Pose) float64 {
	torso, _ := k.BodyID("torso")
	at := func(p motion.Pose, body string) [3]float64 {
		k.SetPose(p.Pos, p.Quat, p.Q)
		id, _ := k.BodyID(body)
		x, _ := k.BodyPose(id)
		o, _ := k.BodyPose(torso)
		return [3]float64{x[0] - o[0], x[1] - o[1], x[2] - o[2]}
	}
	sum, n := 0.0, 0.0
	for f := range truth {
		for _, b := range []string{"lower_leg_L", "lower_leg_R", "lower_arm_L", "lower_arm_R", "foot_L", "foot_R", "hand_L", "hand_R"} {
			x, y := at(fit.Clip.Poses[f], b), at(truth[f], b)
			sum += math.Sqrt((x[0]-y[0])*(x[0]-y[0]) + (x[1]-y[1])*(x[1]-y[1]) + (x[2]-y[2])*(x[2]-y[2]))
			n++
		}
	}
	return sum / n
}

func TestFitBridgesUnseenPoints(t *testing.T) {
	k := ratKinematics(t)
	kp, _ := film(k, 60, 1, 0)
	nan := math.NaN()
	for f := 20; f < 25; f++ {
		for i := 0; i < 4; i++ {
			kp.Frames[f][i] = [3]float64{nan, nan, nan}
		}
	}
	fit, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	if fit.MeanError > 0.0015 || len(fit.Clip.Repairs) != 1 || !strings.HasPrefix(fit.Clip.Repairs[0], "20 key points were not seen") {
		t.Errorf("mean error %.2f mm, repairs %q", 1000*fit.MeanError, fit.Clip.Repairs)
	}
}

// A rat that comes into view late, and is out of it for a while, does not jump there.
func TestFitFollowsARatThatIsOutOfView(t *testing.T) {
	k := ratKinematics(t)
	kp, truth := film(k, 60, 1, 0)
	for _, f := range kp.Frames {
		for i := range f {
			f[i][0] += 0.5 // of the camera's origin
		}
	}
	nan := math.NaN()
	hide := func(from, to int) {
		for f := from; f < to; f++ {
			for i := range kp.Frames[f] {
				kp.Frames[f][i] = [3]float64{nan, nan, nan}
			}
		}
	}
	hide(0, 3)
	hide(20, 28)
	hide(55, 60)
	fit, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	if fit.WorstFrame > 0.003 || len(fit.Clip.Repairs) != 1 || !strings.HasPrefix(fit.Clip.Repairs[0], "16 frames show fewer than 3 key points") {
		t.Errorf("worst frame %.2f mm, repairs %q", 1000*fit.WorstFrame, fit.Clip.Repairs)
	}
	if off := pawError(k, fit, truth); off > 0.008 {
		t.Errorf("knees, elbows and paws are %.1f mm from the true ones, expected at most 8 mm", 1000*off)
	}
	for f := 1; f < fit.Clip.Len(); f++ {
		a, b := &fit.Clip.Poses[f-1], &fit.Clip.Poses[f]
		if d := math.Hypot(b.Pos[0]-a.Pos[0], b.Pos[1]-a.Pos[1]); d > 0.010 {
			t.Errorf("frame %d: the root jumps by %.1f mm", f, 1000*d)
		}
		for j := range b.Q {
			if d := math.Abs(b.Q[j] - a.Q[j]); d > 0.3 {
				t.Errorf("frame %d: %s jumps by %.2f rad", f, fit.Clip.Joints[j], d)
			}
		}
	}
	hide(0, 60)
	if _, err := motion.FitKeyPoints(kp, k); err == nil || !strings.Contains(err.Error(), "motion: film: no frame shows 3 of the key points") {
		t.Errorf("error %v", err)
	}
}

// Where a camera has its origin, and which way the rat heads, is not the rat's motion.
func TestFitIsTheSameElsewhere(t *testing.T) {
	k := ratKinematics(t)
	kp, _ := film(k, 40, 1.1, 0.0005)
	here, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range kp.Frames {
		for i := range f {
			f[i] = [3]float64{5 - f[i][1], f[i][0] - 3, f[i][2] + 0.2} // a quarter turn to the left
		}
	}
	there, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(here.Scale-there.Scale) > 1e-6 {
		t.Errorf("scale %.4f, elsewhere %.4f", here.Scale, there.Scale)
	}
	for f := range here.Clip.Poses {
		a, b := &here.Clip.Poses[f], &there.Clip.Poses[f]
		for j := range a.Q {
			if d := math.Abs(a.Q[j] - b.Q[j]); d > 1e-4 {
				t.Fatalf("frame %d: %s is %.3f rad, elsewhere %.3f", f, here.Clip.Joints[j], a.Q[j], b.Q[j])
			}
		}
	}
}

// Recordings have their points in any order, and more than are fitted.
func TestFitNamesThePointsOfItsErrors(t *testing.T) {
	k := ratKinematics(t)
	kp, _ := film(k, 20, 1, 0)
	kp.Points = append([]string{"TailTip"}, kp.Points...)
	hand := slices.Index(kp.Points, "HandR")
	for f := range kp.Frames {
		kp.Frames[f] = append([][3]float64{{}}, kp.Frames[f]...)
		kp.Frames[f][hand][f%3] += 0.03 * float64(1-f%2*2) // it trembles
	}
	fit, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0
	for i, e := range fit.PointErrors {
		if e > fit.PointErrors[worst] {
			worst = i
		}
	}
	var b strings.Builder
	if err := fit.Fprint(&b); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("HandR      %.2f mm\n", 1000*fit.PointErrors[worst]); !strings.Contains(b.String(), want) || strings.Contains(b.String(), "TailTip") {
		t.Errorf("%s has no line %q", &b, want)
	}
}

func TestFitStandsOnItsPaws(t *testing.T) {
	k := ratKinematics(t)
	kp, _ := film(k, 60, 1, 0)
	for _, f := range kp.Frames {
		for i := range f {
			f[i][2] += 0.5 // the recording's floor is elsewhere
		}
	}
	fit, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	below := 0
	for _, p := range fit.Clip.Poses {
		k.SetPose(p.Pos, p.Quat, p.Q)
		low := math.Inf(1)
		for _, paw := range []string{"hand_L", "hand_R", "foot_L", "foot_R"} {
			id, _ := k.BodyID(paw)
			low = math.Min(low, k.LowestPoint(id))
		}
		if low < 0 {
			below++
		}
	}
	if below < 25 || below > 35 {
		t.Errorf("the lowest paw is under the floor in %d of 60 frames, expected about half", below)
	}
}

func TestFitRefusesOtherPoints(t *testing.T) {
	k := ratKinematics(t)
	kp, _ := film(k, 10, 1, 0)
	kp.Points[3] = "Wing"
	if _, err := motion.FitKeyPoints(kp, k); err == nil || !strings.Contains(err.Error(), "motion: film: no point ") {
		t.Errorf("error %v", err)
	}
}

func TestReadFileFitsKeyPoints(t *testing.T) {
	k := ratKinematics(t)
	kp, _ := film(k, 20, 1, 0)
	file := filepath.Join(t.TempDir(), "film.csv")
	var b strings.Builder
	b.WriteString("t")
	for _, p := range kp.Points {
		fmt.Fprintf(&b, ",%s_x,%s_y,%s_z", p, p, p)
	}
	for f, points := range kp.Frames {
		fmt.Fprintf(&b, "\n%.3f", float64(f)/50)
		for _, p := range points {
			fmt.Fprintf(&b, ",%.3f,%.3f,%.3f", 1000*p[0], 1000*p[1], 1000*p[2])
		}
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	clips, err := motion.ReadFile(file, k)
	if err != nil {
		t.Fatal(err)
	}
	if c := clips[0]; c.Len() != 20 || c.Rate != 50 || !strings.Contains(c.Source, "fitted to 23 key points (mean error 0.") {
		t.Errorf("%d frames at %g Hz from %q", c.Len(), c.Rate, c.Source)
	}
	if _, err := motion.ReadFile(file, nil); err == nil || !strings.Contains(err.Error(), "whisker clip fit") {
		t.Errorf("without a body: error %v", err)
	}
}
