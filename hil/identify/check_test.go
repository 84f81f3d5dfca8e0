package identify

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// known is a body with nothing left to be found.
func known(v Values) *Body {
	j := Joint{Name: "hip", Known: map[Param]float64{}}
	for k, x := range v {
		j.Known[Param(k)] = x
	}
	return &Body{Robot: "arm", Law: Impedance, Joints: []Joint{j}}
}

// A body that is the plant leaves the encoder's noise; one that is not leaves more.
func TestCheckScoresABody(t *testing.T) {
	v := arm()
	l := move(Impedance, &v, 8, chirp(8, 0.2, 4), 2e-3, 1)
	s := score(t, known(v), l)
	if math.Abs(s.Worst/2e-3-1) > 0.15 || s.Mean != s.Worst || math.Abs(s.Joints[0].MAE/(2e-3*math.Sqrt(2/math.Pi))-1) > 0.15 {
		t.Errorf("the plant itself: %+v, want an rmse of 2e-3 rad, the noise", s)
	}
	if s.Joints[0].Max < 2*s.Worst || s.CommandMean < 0.05 {
		t.Errorf("largest error %g, command %g", s.Joints[0].Max, s.CommandMean)
	}
	v[Delay] += 0.03
	if late := score(t, known(v), l); late.Worst < 3*s.Worst {
		t.Errorf("30 ms late: rmse %g, %g without", late.Worst, s.Worst)
	}
}

// The replay begins where the log does, and its first 0.3 s are not scored.
func TestCheckLeavesTheStartOut(t *testing.T) {
	v := arm()
	l := move(Impedance, &v, 8, chirp(8, 0.2, 4), 0, 1)
	before := *score(t, known(v), l)
	for i := range l.Time {
		if t := l.Time[i]; t > 0.1 && t < 0.29 {
			l.Position[0][i] += 1
		}
	}
	if after := score(t, known(v), l); !reflect.DeepEqual(*after, before) || before.Worst > 1e-3 {
		t.Errorf("a jump in the first 0.3 s: %+v, before %+v", after, before)
	}
}

// The JSON has the keys that others read.
func TestScoreKeys(t *testing.T) {
	v := arm()
	text, err := json.Marshal(score(t, known(v), move(Impedance, &v, 4, chirp(4, 0.2, 4), 0, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"rmse_mean_rad", "rmse_worst_rad", "joints", "name", "rmse_rad", "mae_rad", "max_rad", "command_rmse_mean_rad"} {
		if !strings.Contains(string(text), `"`+key+`":`) {
			t.Errorf("no key %q in %s", key, text)
		}
	}
}

// reread is b after it was written and read.
func reread(t *testing.T, b *Body) *Body {
	t.Helper()
	var text bytes.Buffer
	if err := b.Write(&text); err != nil {
		t.Fatal(err)
	}
	again, err := OpenBody(file(t, "body.yaml", text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// A body is the same after writing and reading, to the last bit.
func TestBodyIsWrittenAndRead(t *testing.T) {
	t.Parallel()
	v := arm()
	l := move(Impedance, &v, 6, chirp(6, 0.2, 4), 1e-3, 1)
	b := identified(t, armProfile("hip"), quick(), l)
	again := reread(t, b)
	if !reflect.DeepEqual(again, b) {
		t.Errorf("read %+v\nwrote %+v", again, b)
	}
	if one, two := score(t, b, l), score(t, again, l); !reflect.DeepEqual(one, two) {
		t.Errorf("scores %+v and %+v", one, two)
	}
}

func TestRefusesBadBodiesAndProfiles(t *testing.T) {
	var text bytes.Buffer
	if err := known(arm()).Write(&text); err != nil {
		t.Fatal(err)
	}
	swap := func(old, by string) string {
		if !strings.Contains(text.String(), old) {
			t.Fatalf("no %q in %s", old, text.String())
		}
		return file(t, "b.yaml", strings.Replace(text.String(), old, by, 1))
	}
	for _, c := range []struct{ path, want string }{
		{swap("law: impedance", "law: magic"), `law is "magic"`},
		{swap("armature_kg_m2: 0.03", "armature_kg_m2: 0"), "armature_kg_m2 of joint hip is 0"},
		{swap("delay_s: 0.012", "delay_s: -0.012"), "delay_s of joint hip is -0.012, want 0 or more"},
		{swap("kp: 20.0", "kp: .nan"), "kp of joint hip is NaN, want a finite number"},
		{swap("max_torque_nm: 0.0", "max_torque_nm: .inf"), "max_torque_nm of joint hip is +Inf, want a finite number"},
		{file(t, "b.yaml", text.String()+text.String()[strings.Index(text.String(), "- name"):]), "joint hip is there twice"},
		{swap("armature_kg_m2", "armature"), `"armature" is no parameter`},
		{swap("robot:", "name:"), `b.yaml:1: unknown field "name"`},
		{file(t, "b.yaml", "robot: x\nlaw: voltage\n"), "no joints"},
		{filepath.Join(t.TempDir(), "none.yaml"), "no such file"},
	} {
		oneLine(t, c.want)(OpenBody(c.path))
	}
	good, err := os.ReadFile("profiles/so101.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, by, want string }{
		{"law: voltage", "law: magic", `law is "magic"`},
		{"armature_kg_m2: [0.001, 1]", "armature_kg_m2: [0, 1]", "bounds over 0 for a scale"},
		{"delay_s: [0, 0.1]", "delay_s: [-0.1, 0.1]", "delay_s is [-0.1 0.1], want bounds from 0 on"},
		{"armature_kg_m2: [0.001, 1]", "armature_kg_m2: [1, 0.1]", "two finite, increasing bounds"},
		{"armature_kg_m2: [0.001, 1]", "armature_kg_m2: [0.001, .inf]", "two finite, increasing bounds"},
		{"stribeck_speed_rad_s: 0.1", "stribeck_speed_rad_s: 0", "stribeck_speed_rad_s of joint Rotation is 0, want more than 0"},
		{"stall_torque_nm: 2.94", "stall_torque_nm: .nan", "stall_torque_nm of joint Rotation is NaN, want a finite number"},
		{"law: voltage", "law: voltage\nknown_of: {Roll: {kp: 1}}", "something is said of joint Roll, want one of [Rotation"},
		{"Wrist_Roll, Jaw]", "Wrist_Roll, Jaw, Jaw_joint]", "joint Jaw_joint is there twice"},
		{"armature_kg_m2: [0.001, 1]", "armature_kg_m2: [0.1, 1, 2]", "to begin within"},
		{"kp: [1, 100]", "offset_rad: [0, 1]", "kp is neither known"},
		{"known: {", "known: {delay_s: 0, ", "either known or to be fitted"},
	} {
		if !strings.Contains(string(good), c.old) {
			t.Fatalf("no %q", c.old)
		}
		oneLine(t, c.want)(OpenProfile(file(t, "p.yaml", strings.Replace(string(good), c.old, c.by, 1))))
	}
	oneLine(t, "no profile nobody: want [go2 so101 xl330]")(OpenProfile("nobody"))
}

// oneLine wants an error of one line with a text in it.
func oneLine(t *testing.T, want string) func(v any, err error) {
	return func(v any, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%q was wanted, but this was read: %+v", want, v)
		} else if s := err.Error(); !strings.HasPrefix(s, "identify: ") || !strings.Contains(s, want) || strings.Contains(s, "\n") {
			t.Errorf("%q, want one line of identify with %q", s, want)
		}
	}
}

// A body whose numbers drive it away is an error, not a score that is no number.
func TestRefusesAReplayWithoutEnd(t *testing.T) {
	v := arm()
	l := move(Impedance, &v, 4, chirp(4, 0.2, 4), 0, 1)
	v[Kp] = 1e300
	oneLine(t, "joint hip: the replay does not stay finite")(Check(known(v), l))
}

func TestProfilesThatShip(t *testing.T) {
	for _, name := range append(Names(), "quadruped", "go1") {
		p, err := OpenProfile(name)
		if err != nil || p.Name != name {
			t.Fatalf("%s: %v, %v", name, p, err)
		}
		if legs := len(p.Joints) / 3; legs == 4 && (len(p.Mirror) != 6 || p.Mirror[p.Joints[0]] == p.Joints[0]) {
			t.Errorf("%s: left is compared with right in %v, want three joints of two pairs of legs", name, p.Mirror)
		}
	}
}
