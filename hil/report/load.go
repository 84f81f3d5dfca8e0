package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"whisker/controller"
	"whisker/controller/record"
	"whisker/hil"
)

// recording is one that was read, pass by pass.
type recording struct {
	path     string
	sha      string // SHA-256 of the file, hex
	header   record.Header
	scenario hil.Scenario
	kind     string // simulation, emulated firmware, ...
	passes   []pass
	dropped  int // ticks that its writer lost
}

// pass is one run of the loop over one clip.
type pass struct {
	clip    string
	start   int    // frame of the clip
	last    int    // frame of the clip that ends it; 0 is not known
	base    uint64 // the tick at which the policy took over: ticks are matched by their distance from it
	samples []controller.Sample
	roots   []controller.Root // by truth, as samples; nil without
	fault   string            // that ended it
}

// load reads a recording, whole.
func load(path string) (*recording, error) {
	sum, err := record.FileHash(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	r, err := record.Open(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	defer r.Close()
	rec := &recording{path: path, sha: sum, header: r.Header}
	if rec.scenario, err = hil.ParseScenario(r.Header.Scenario); err != nil {
		return nil, fmt.Errorf("report: %s: the scenario in it: %w", path, err)
	}
	rec.kind = kindOf(&rec.scenario)
	if err := rec.read(r); err != nil {
		return nil, err
	}
	if rec.ticks() == 0 {
		return nil, fmt.Errorf("report: %s holds no tick of a policy at work: record a run that follows a clip", path)
	}
	return rec, nil
}

// kindOf names what a scenario's robot is, so that nothing is called what it is not.
func kindOf(s *hil.Scenario) string {
	_, where, _ := strings.Cut(s.Robot, "@")
	how, _, _ := strings.Cut(where, ":")
	switch {
	case how == "":
		return "simulation"
	case how == "emulated" && s.Emulation.Board == "host":
		return "firmware built for this machine"
	case how == "emulated":
		return "emulated firmware"
	case how == "serial":
		return "board"
	case how == "mqtt":
		return "remote robot"
	}
	return how
}

func (rec *recording) read(r *record.Reader) error {
	body := rec.header.Body
	truth := controller.Truth{Contacts: make([]bool, len(body.Feet))}
	var last *controller.Sample // of this pass, kept
	var before *uint64          // tick of the last sample of this pass, kept or not
	for {
		m, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, record.ErrDamaged):
			return fmt.Errorf("report: %w; mend it with `whisker record repair %s`", err, rec.path)
		case err != nil:
			return fmt.Errorf("report: %w", err)
		}
		switch m.Topic {
		case record.TopicEvent:
			if err := rec.event(r, m); err != nil {
				return err
			}
			if last = nil; len(rec.passes) > 0 && len(rec.passes[len(rec.passes)-1].samples) == 0 {
				before = nil
			}
		case record.TopicSample:
			s := controller.NewSample(body)
			if err := r.Sample(m, &s); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			if last, err = rec.keep(&s, before); err != nil {
				return err
			}
			before = &s.Tick
		case record.TopicTruth:
			if last == nil {
				continue
			}
			if err := r.Truth(m, &truth); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			p := &rec.passes[len(rec.passes)-1]
			if len(p.roots) == len(p.samples)-1 {
				p.roots = append(p.roots, truth.Root)
			}
		}
	}
}

// event begins a pass, or tells how one ended.
func (rec *recording) event(r *record.Reader, m record.Message) error {
	e, err := r.Event(m)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	switch e.Kind {
	case record.KindRun:
		var info struct {
			Clip  string `json:"clip"`
			Start int    `json:"start_frame"`
			Last  int    `json:"last_frame"`
		}
		if json.Unmarshal([]byte(e.Text), &info) != nil {
			info.Clip = e.Text
		}
		rec.passes = append(rec.passes, pass{clip: info.Clip, start: info.Start, last: info.Last})
	case record.KindDropped:
		n := 0
		if _, err := fmt.Sscan(e.Text, &n); err == nil {
			rec.dropped += n
		}
	case "fault":
		if n := len(rec.passes); n > 0 {
			rec.passes[n-1].fault = e.Text
		}
	}
	return nil
}

// keep keeps a tick in which the policy acts; the others, in which a robot rises
// and lies down, say nothing of transfer. before is the tick of the sample before
// it in this pass.
func (rec *recording) keep(s *controller.Sample, before *uint64) (*controller.Sample, error) {
	if s.Mode != controller.ModeTrack {
		return nil, nil
	}
	if len(rec.passes) == 0 {
		rec.passes = append(rec.passes, pass{clip: "run"})
	}
	p := &rec.passes[len(rec.passes)-1]
	if why := unusable(rec.header.Body, s); why != "" {
		return nil, fmt.Errorf("report: %s: pass %s, tick %d: %s, expected a finite number", rec.path, p.clip, s.Tick, why)
	}
	if len(p.samples) == 0 && before != nil {
		p.base = s.Tick
	}
	if n := len(p.samples); n > 0 && s.Tick <= p.samples[n-1].Tick {
		return nil, fmt.Errorf("report: %s: pass %s: tick %d comes after tick %d, expected rising numbers", rec.path, p.clip, s.Tick, p.samples[n-1].Tick)
	}
	p.samples = append(p.samples, *s)
	return &p.samples[len(p.samples)-1], nil
}

// unusable names the first number of a sample that is none.
func unusable(b *controller.Body, s *controller.Sample) string {
	for _, x := range [...]struct {
		name string
		v    []float64
	}{{"position of joint", s.State.Pos}, {"velocity of joint", s.State.Vel}, {"torque of actuator", s.State.Torque},
		{"position of actuator", s.State.ActPos}, {"velocity of actuator", s.State.ActVel}, {"commanded position of actuator", s.Command.Pos},
		{"commanded velocity of actuator", s.Command.Vel}, {"commanded torque of actuator", s.Command.Torque}, {"kp of actuator", s.Command.Kp}, {"kd of actuator", s.Command.Kd},
		{"orientation's part", s.State.IMU.Quat[:]}, {"turning rate about axis", s.State.IMU.Gyro[:]}} {
		for i, v := range x.v {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Sprintf("the %s %d is %g", x.name, i, v)
			}
		}
	}
	return ""
}

func (rec *recording) ticks() (n int) {
	for i := range rec.passes {
		n += len(rec.passes[i].samples)
	}
	return n
}

// name is how the page calls a recording.
func (rec *recording) name() string { return filepath.Base(rec.path) }
