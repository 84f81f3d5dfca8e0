//go:build data

package identify

import (
	"os"
	"path/filepath"
	"testing"
)

// robotLog is a log in the folder of outside recordings.
func robotLog(t *testing.T, name string) *Log {
	t.Helper()
	dir := os.Getenv("WHISKER_DATA")
	if dir == "" {
		t.Fatal("WHISKER_DATA is not set: run make test DATA=dir")
	}
	l, err := Open(filepath.Join(dir, "robot_logs", name))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Logs of three real robots are read, each fits the profile that ships, and a
// joint follows its command better than it follows nothing.
func TestReadsLogsOfRealRobots(t *testing.T) {
	for name, robot := range map[string]string{
		"go2_chirp_first60.csv": "go2", "so101/chirp_sweep": "so101", "so101/step_response": "so101", "so101/multisine": "so101",
		"bam_xl330/raw_2026-01-15_10h28m10.json": "xl330",
	} {
		l := robotLog(t, name)
		p, err := OpenProfile(robot)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Suits([]*Log{l}); err != nil {
			t.Error(err)
		}
		if len(l.Joints) != len(p.Joints) || l.Duration() < 5 {
			t.Errorf("%s: %d joints, %g s", name, len(l.Joints), l.Duration())
		}
	}
}

// Joints of real robots, one of each, are predicted far better than by the command
// itself, on a part of the log or on a motion that was not fitted.
func TestPredictsRealJoints(t *testing.T) {
	for _, c := range []struct {
		robot, joint string
		fit, test    *Log
		from, most   float64 // s; part of the command's error
	}{
		{"go2", "FL_thigh", robotLog(t, "go2_chirp_first60.csv").Cut(0, 2.0/3), robotLog(t, "go2_chirp_first60.csv"), 2.0 / 3, 0.05},
		{"so101", "Wrist_Roll", robotLog(t, "so101/chirp_sweep").Cut(0.5, 1), robotLog(t, "so101/multisine"), 0, 0.3},
		{"xl330", "xl330", robotLog(t, "bam_xl330/raw_2026-01-15_10h29m14.json"), robotLog(t, "bam_xl330/raw_2026-01-15_10h28m57.json"), 0, 0.3},
	} {
		p, err := OpenProfile(c.robot)
		if err != nil {
			t.Fatal(err)
		}
		p.Joints = []string{c.joint}
		o := quick()
		o.ValuesOnly = true
		b := identified(t, p, o, c.fit)
		if err := Learn(t.Context(), p, b, []*Log{c.fit}, o); err != nil {
			t.Fatal(err)
		}
		s, err := CheckFrom(b, c.test, c.from*c.test.Duration())
		if err != nil {
			t.Fatal(err)
		}
		numbers, network := *s.Joints[0].Without, s.Mean
		t.Logf("%s %s: %.4f rad, with a network %.4f, command %.4f", c.robot, c.joint, numbers, network, s.CommandMean)
		if most := c.most * s.CommandMean; !(numbers < most && network < most) {
			t.Errorf("%s %s: %.4f rad on what was not fitted, %.4f with a network, %.4f for the command itself", c.robot, c.joint, numbers, network, s.CommandMean)
		}
	}
}

// Two seconds of a real log say no more than they can: what they state is, nine times in
// ten, compatible with what the whole log says.
func TestAShortStretchOfARealLogSaysLittle(t *testing.T) {
	t.Parallel()
	p, err := OpenProfile("go2")
	if err != nil {
		t.Fatal(err)
	}
	l := robotLog(t, "go2_chirp_first60.csv")
	whole := identified(t, p, quick(), l)
	stated, wrong := 0, 0
	for _, from := range []float64{0, 3.5} {
		at := from / l.Duration()
		body := identified(t, p, quick(), l.Cut(at, at+2/l.Duration()))
		for i := range body.Joints {
			for k, f := range body.Joints[i].Found {
				g := whole.Joints[i].Found[k]
				if !f.Identified || !g.Identified {
					continue
				}
				if stated++; f.High < g.Low || g.High < f.Low {
					wrong++
					t.Logf("from %g s, %s of %s: %.4g to %.4g, by the whole log %.4g to %.4g", from, k, body.Joints[i].Name, f.Low, f.High, g.Low, g.High)
				}
			}
		}
	}
	if t.Logf("%d of %d intervals are wrong", wrong, stated); stated < 40 || 10*wrong > stated {
		t.Errorf("%d of %d intervals of 2 s are incompatible with those of %.1f s, want at most a tenth", wrong, stated, l.Duration())
	}
}
