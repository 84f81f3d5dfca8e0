package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// loose is a profile of one joint that knows its gains.
const loose = `name: loose
law: impedance
joints: [hip]
known: {kp: 20, kd_nm_s_rad: 1}
fit:
  armature_kg_m2: [0.002, 0.5]
  viscous_nm_s_rad: [0, 2]
`

// swung is a log of that joint: a mass of 0.05 kg·m² with 0.3 N·m·s/rad of
// friction, integrated in small steps.
func swung(seconds float64) string {
	text, q, v := "t_s,cmd_hip_rad,pos_hip_rad\n", 0.0, 0.0
	cmd := func(t float64) float64 { return 0.3 * math.Sin((2+t)*t) }
	const h = 1e-4
	for i := range int(seconds / h) {
		t := float64(i) * h
		if i%100 == 0 {
			text += fmt.Sprintf("%.4f,%.9f,%.9f\n", t, cmd(t), q)
		}
		held := cmd(math.Floor(t*100+1e-6) / 100)
		v += h * (20*(held-q) - 1.3*v) / 0.05
		q += h * v
	}
	return text
}

// identify, then check on another log: what anyone does who wants to know whether
// a body can be trusted.
func TestHilIdentifyAndCheck(t *testing.T) {
	profile, body := file(t, "loose.yaml", loose), filepath.Join(t.TempDir(), "body.yaml")
	o := ok(t, "hil", "identify", file(t, "log.csv", swung(5)), "--robot", profile, "--out", body, "--draws", "4")
	for name, want := range map[string]float64{"armature_kg_m2": 0.05, "viscous_nm_s_rad": 0.3} {
		_, row, _ := strings.Cut(o.out, name)
		var got float64
		if _, err := fmt.Sscan(row, &got); err != nil || math.Abs(got/want-1) > 0.02 {
			t.Errorf("%s is %g (%v), want %g in\n%s", name, got, err, want, o.out)
		}
	}
	if !strings.Contains(o.errs, "identified hip") {
		t.Errorf("no progress in %s", o.errs)
	}
	var s struct {
		Mean   *float64 `json:"rmse_mean_rad"`
		Worst  *float64 `json:"rmse_worst_rad"`
		Joints []struct {
			Name string   `json:"name"`
			RMSE *float64 `json:"rmse_rad"`
		} `json:"joints"`
	}
	unseen := file(t, "unseen.csv", swung(8))
	out := ok(t, "hil", "check", unseen, "--body", body, "--json", "-").out
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	if s.Mean == nil || s.Worst == nil || *s.Worst > 5e-3 || len(s.Joints) != 1 || s.Joints[0].Name != "hip" || s.Joints[0].RMSE == nil {
		t.Errorf("got %s", out)
	}
	if table := ok(t, "hil", "check", unseen, "--body", body).out; !strings.Contains(table, "worst") {
		t.Errorf("the table is\n%s", table)
	}
}

// The second model of a motor goes into the body, and a check says how both do.
func TestHilIdentifyWithANetwork(t *testing.T) {
	body := filepath.Join(t.TempDir(), "body.yaml")
	o := ok(t, "hil", "identify", file(t, "log.csv", swung(8)), "--robot", file(t, "loose.yaml", loose), "--out", body, "--draws", "2", "--actuator", "network")
	if !strings.Contains(o.out, "with its network") || !strings.Contains(o.errs, "learned the motor of hip") {
		t.Errorf("%s%s", o.out, o.errs)
	}
	var s struct {
		Joints []struct {
			RMSE    float64  `json:"rmse_rad"`
			Without *float64 `json:"without_network_rmse_rad"`
		} `json:"joints"`
	}
	unseen := file(t, "unseen.csv", swung(6))
	if err := json.Unmarshal([]byte(ok(t, "hil", "check", unseen, "--body", body, "--json", "-").out), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Joints) != 1 || s.Joints[0].Without == nil || s.Joints[0].RMSE > 5e-3 {
		t.Errorf("%+v", s)
	}
	if table := ok(t, "hil", "check", unseen, "--body", body).out; !strings.Contains(table, fmt.Sprintf("%.5f", *s.Joints[0].Without)) {
		t.Errorf("the table is\n%s", table)
	}
	refused(t, whisker("hil", "identify", unseen, "--robot", "go2", "--out", body, "--actuator", "magic"), "--actuator")
}

// Bad logs, profiles and bodies are errors of usage, and an older body stays.
func TestHilBadInput(t *testing.T) {
	profile, log := file(t, "loose.yaml", loose), file(t, "log.csv", swung(5))
	old := file(t, "body.yaml", "older")
	degrees := file(t, "deg.csv", strings.ReplaceAll(swung(5), "_rad", "_deg"))
	identify := func(args ...string) outcome {
		return whisker(append([]string{"hil", "identify", "--out", old}, args...)...)
	}
	refused(t, identify(degrees, "--robot", profile), "deg.csv:1", "in rad")
	refused(t, identify(log, "--robot", "go2"), "no joint FL_hip of robot go2")
	refused(t, identify(log, "--robot", "nobody"), "no profile nobody")
	refused(t, identify("none.csv", "--robot", profile), "none.csv: no such file")
	refused(t, identify(log, "--robot", profile, "--draws", "1"), "--draws is 1")
	refused(t, identify(log, "--robot", profile, "--out", "/nowhere/body.yaml"), "/nowhere")
	refused(t, whisker("hil", "check", log, "--body", old), "body.yaml")
	if content(t, old) != "older" {
		t.Error("the older body was overwritten")
	}
}

// A model says what the links weigh; the rest is the rotor's. A check replays in that
// model, which the body names, and in no other.
func TestHilIdentifyWithAModel(t *testing.T) {
	model := func(joint, mass string) string {
		return file(t, "arm.xml", `<mujoco><worldbody><body><joint name="`+joint+`" type="hinge" axis="0 1 0"/>
			<inertial pos="0 0 0" mass="`+mass+`" diaginertia="0.02 0.02 0.02"/></body></worldbody><actuator><motor joint="`+joint+`"/></actuator></mujoco>`)
	}
	log, body, hip := file(t, "log.csv", swung(5)), filepath.Join(t.TempDir(), "body.yaml"), model("hip_joint", "1")
	args := []string{"hil", "identify", log, "--robot", file(t, "loose.yaml", loose), "--draws", "4", "--out", body, "--model"}
	_, row, _ := strings.Cut(ok(t, append(args, hip)...).out, "armature_kg_m2")
	var got float64
	if _, err := fmt.Sscan(row, &got); err != nil || math.Abs(got/0.03-1) > 0.05 {
		t.Errorf("the rotor's inertia is %g (%v), want 0.03", got, err)
	}
	refused(t, whisker(append(args, model("tail", "1"))...), "the model has no joint hip of robot loose; it has tail")
	refused(t, whisker(append(args, "none.xml")...), "none.xml")

	check := []string{"hil", "check", log, "--body", body}
	named := ok(t, check...).out
	moved := model("hip_joint", "1")
	if given := ok(t, append(check, "--model", moved)...).out; given != named || !strings.Contains(given, "worst") {
		t.Errorf("with the model that was given\n%s\nwith the one that the body names\n%s", given, named)
	}
	refused(t, whisker(append(check, "--model", model("hip_joint", "2"))...), "is not the one that the body of loose was identified with")
	if err := os.Remove(hip); err != nil {
		t.Fatal(err)
	}
	refused(t, whisker(check...), "was identified with the model "+hip, "give that model")
}

// A body that cannot be simulated ends a run before anything moves.
func TestRunRefusesABadBody(t *testing.T) {
	refusedRun(t, []string{"none.yaml", "no such file"}, "--robot", "quadruped", "--body", "none.yaml", "--clip", "stand")
	refusedRun(t, []string{"expected a robot with a profile"}, "--body", "none.yaml", "--clip", "stand")
	refusedRun(t, []string{"expected a file in physics.body"}, "--robot", "quadruped", "--randomise", "body", "--clip", "stand")
}
