//go:build data

package hil

import (
	"os"
	"path/filepath"
	"testing"

	"whisker/hil/identify"
	"whisker/sim"
)

// A real Unitree Go2, in the air, is replayed all joints together within its model, by
// a body that was found in the first two thirds of its chirp, through the faster rest.
func TestGo2IsReplayedWithinItsModel(t *testing.T) {
	data := os.Getenv("WHISKER_DATA")
	l, err := identify.Open(filepath.Join(data, "robot_logs", "go2_chirp_first60.csv"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.Open(sim.Options{Model: filepath.Join(data, "models", "go2", "go2.xml")})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	k := r.Kinematics()
	defer k.Close()
	p, err := identify.OpenProfile("go2")
	if err == nil {
		p, err = p.WithModel(identify.NewModel("go2.xml", r.ModelHash(), k))
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := identify.Identify(t.Context(), p, []*identify.Log{l.Cut(0, 2.0/3)}, identify.Options{Evaluations: 60, Restarts: 1, ValuesOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := identify.CheckFrom(b, l, 2.0/3*l.Duration())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.4f rad, worst joint %.4f, command %.4f", s.Mean, s.Worst, s.CommandMean)
	if !(s.Mean <= 0.005 && s.Worst <= 0.017 && s.CommandMean > 0.05) {
		t.Errorf("%.4f rad, worst joint %.4f, want at most 0.005 and 0.017 where the command itself is %.4f away", s.Mean, s.Worst, s.CommandMean)
	}
}
