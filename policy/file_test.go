package policy_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

// small is a body of two joints, for tests that need no simulator.
func small() *controller.Body {
	joint := func(n string) controller.Joint { return controller.Joint{Name: n, Min: -1, Max: 1} }
	act := func(n string, j int) controller.Actuator {
		return controller.Actuator{Name: n, Joint: j, Drive: controller.DrivePosition, Min: -1, Max: 1, MaxTorque: 1, Kp: 1}
	}
	return &controller.Body{
		Name: "small", Period: 20e6, Joints: []controller.Joint{joint("hip"), joint("knee")}, Stand: []float64{0.1, 0.2},
		Actuators: []controller.Actuator{act("hip", 0), act("knee", 1)}, Measures: controller.Measures{Root: true, IMU: true},
	}
}

func TestPolicyFileComesBackAsItWas(t *testing.T) {
	for _, f := range []*policy.File{untrained(small()), recurrent(untrained(small()))} {
		f.Contract.Training = policy.Training{Command: "whisker train", Seed: 9, Data: "walks", Transitions: 12}
		data := encode(t, f)
		path := filepath.Join(t.TempDir(), "a.policy")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := policy.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(encode(t, g)) != string(data) {
			t.Error("written again, the file differs")
		}
		if g.Contract.Training != f.Contract.Training {
			t.Errorf("provenance %+v, want %+v", g.Contract.Training, f.Contract.Training)
		}
	}
}

// resum puts the right checksum at the end, so that what is behind it is tested.
func resum(data []byte) []byte {
	body := data[:len(data)-sha256.Size]
	sum := sha256.Sum256(body)
	return append(append([]byte(nil), body...), sum[:]...)
}

func TestDamagedPolicyFilesAreRefusedWithAReason(t *testing.T) {
	good := encode(t, untrained(small()))
	edit := func(f func(d []byte) []byte) []byte { return f(append([]byte(nil), good...)) }
	replace := func(old, new string) []byte {
		if len(old) != len(new) || !strings.Contains(string(good), old) {
			t.Fatalf("no %q in the header", old)
		}
		return resum([]byte(strings.Replace(string(good), old, new, 1)))
	}
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "not a policy file"},
		{"another file", []byte(strings.Repeat("MuJoCo ", 20)), "not a policy file"},
		{"newer version", edit(func(d []byte) []byte { d[8] = 2; return d }), "version 2, this build reads 1"},
		{"cut off", good[:len(good)-100], "truncated or damaged"},
		{"one bit", edit(func(d []byte) []byte { d[len(d)/2] ^= 1; return d }), "truncated or damaged"},
		{"weights missing", resum(append(append([]byte(nil), good[:len(good)-432]...), good[len(good)-32:]...)), "numbers"},
		{"unknown header field", replace(`"golden":`, `"golten":`), "golten"},
		{"wrong width", replace(`"in":32,`, `"in":31,`), "too many"},
		{"unknown activation", replace(`"tanh"`, `"tanj"`), "tanj"},
		{"another network", edit(func(d []byte) []byte { d[len(d)-34] ^= 0x40; return resum(d) }), "golden pair"},
		{"not a number", edit(func(d []byte) []byte { copy(d[len(d)-36:], []byte{0, 0, 0xc0, 0x7f}); return resum(d) }), "not finite"},
	}
	for _, c := range cases {
		if _, err := policy.Parse(c.data); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "policy: ") {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(encode(f, untrained(small())))
	f.Add(encode(f, recurrent(untrained(small()))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 32 {
			data = resum(data)
		}
		file, err := policy.Parse(data)
		if err != nil {
			return
		}
		if again, err := policy.Parse(encode(t, file)); err != nil || again.Contract.Body != file.Contract.Body {
			t.Errorf("an accepted file is refused after writing: %v", err)
		}
	})
}

func TestWriteRefusesANetworkThatDoesNotFit(t *testing.T) {
	f := untrained(small())
	f.Network.Decoder = f.Network.Decoder[:1]
	if err := f.Write(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), "decoder gives 16 numbers, want 2") {
		t.Errorf("error %v, want one on the decoder's outputs", err)
	}
}

func TestTheRatsPolicyFileMeetsTheRat(t *testing.T) {
	robot, _, _ := rat(t, motion.Stand)
	if err := untrained(robot.Body()).Check(robot.Body()); err != nil {
		t.Error(err)
	}
}
