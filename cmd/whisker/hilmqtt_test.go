package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Trials on a robot that an agent lends. Through a broker that the trial starts
// and stops, host and agent both notice: the agent brings the robot to rest, and
// what it did meanwhile is in the row.
func TestTrialsOnALentRobot(t *testing.T) {
	b := newLab(t)
	agent := b.agent()
	agent.hears("connected")
	try := func(text string) outcome {
		scenario := file(t, "scenario.yaml", "robot: "+b.profile+"\nclips: [stand]\npolicy: none\nseconds: 2\ndead_man: 'off'\n"+
			"overruns: {max: 900, window_ticks: 1000}\ngates: {safe_ms: 2000}\n"+text)
		return whisker("hil", "run", scenario, "--target", "mqtt:"+b.Addr()+"/dog", "--json", "-")
	}
	var o outcome
	within(t, "a trial that no other work of this machine disturbs", func() bool {
		o = try("mqtt: {allowance_ms: 900}\n")
		return o.status == exitDone
	})
	if r := parse(t, o.out); len(r.Clips) != 1 || r.Clips[0].Fault != "" {
		t.Errorf("%+v\n%s", r, o.errs)
	}
	const stall = "faults: [{at_s: 0.3, fault: broker stall, for_s: 1.5}]\n"
	refused(t, try(stall), "line 8, faults[0]: broker stall is refused for target mqtt: it has no broker that the harness could stop")

	b.Kill() // its address is the trial's now
	var r struct {
		Faults []struct {
			Injected                        int
			Guard, Agent, Recovery, Verdict string
			Detected                        *float64 `json:"detected_ms"`
			Safe                            *float64 `json:"safe_ms"`
			Motion                          *float64 `json:"largest_motion_rad"`
		}
	}
	within(t, "a stall that the agent notices", func() bool {
		o = try("mqtt: {broker: 'own:" + b.Addr() + "', robot: lab, allowance_ms: 900}\n" + stall)
		if err := json.Unmarshal([]byte(o.out), &r); err != nil || len(r.Faults) != 1 {
			t.Fatalf("status %d, %v\n%s%s\nagent:\n%s", o.status, err, o.out, o.errs, agent.all())
		}
		return r.Faults[0].Injected == 1 && r.Faults[0].Agent != ""
	})
	f := r.Faults[0]
	if o.status != exitDone || f.Guard != "state age" || f.Verdict != "ok" || f.Detected == nil || f.Safe == nil || f.Motion == nil || f.Recovery != "none: the agent took the robot back" {
		t.Errorf("status %d, %+v\n%s", o.status, f, o.errs)
	}
	if !strings.Contains(agent.all(), "setpoints ran out") {
		t.Errorf("the agent:\n%s", agent.all())
	}
}
