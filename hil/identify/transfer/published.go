package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"whisker/hil/identify"
)

// published is a friction model m1 to m6 of Duclusaud and Passault (Rhoban/bam,
// "Extended friction models for the physics simulation of servo actuators",
// arXiv:2410.08650) with the numbers that its authors identified. A model that
// lacks a term has a zero there.
type published struct {
	Kt                float64 `json:"kt"`
	R                 float64 `json:"R"`
	Armature          float64 `json:"armature"`
	Offset            float64 `json:"q_offset"`
	Base              float64 `json:"friction_base"`
	Stribeck          float64 `json:"friction_stribeck"`
	Load              float64 `json:"load_friction_base"`
	LoadStribeck      float64 `json:"load_friction_stribeck"`
	Motor             float64 `json:"load_friction_motor"`
	External          float64 `json:"load_friction_external"`
	MotorStribeck     float64 `json:"load_friction_motor_stribeck"`
	ExternalStribeck  float64 `json:"load_friction_external_stribeck"`
	MotorQuadratic    float64 `json:"load_friction_motor_quad"`
	ExternalQuadratic float64 `json:"load_friction_external_quad"`
	Speed             float64 `json:"dtheta_stribeck"`
	Alpha             float64 `json:"alpha"`
	Viscous           float64 `json:"friction_viscous"`
}

// The authors' own constant for this servo: duty cycle per rad and unit of gain.
const errorGain = 0.00246

func readPublished(file string) (*published, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &published{Speed: 1, Alpha: 1}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

// bestPublished is the least error of the models in a folder over all logs: per
// kind the mean, and of these the mean, rad.
func bestPublished(dir string, kinds map[string][]*identify.Log, progress io.Writer) (float64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "m*.json"))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("%s: no models (m*.json)", dir)
	}
	best := math.Inf(1)
	for _, f := range files {
		p, err := readPublished(f)
		if err != nil {
			return 0, err
		}
		mean := 0.0
		for _, logs := range kinds {
			for _, l := range logs {
				mean += p.rmse(l) / float64(len(logs)) / float64(len(kinds))
			}
		}
		fmt.Fprintf(progress, "xl330: published %s: %.4f rad\n", filepath.Base(f), mean)
		best = min(best, mean)
	}
	return best, nil
}

// friction is the largest torque of dry friction at a state, N·m.
func (p *published) friction(motor, external, v float64) float64 {
	slow := math.Exp(-math.Pow(math.Abs(v/p.Speed), p.Alpha))
	f := p.Base + slow*p.Stribeck
	f += (p.Load + slow*p.LoadStribeck) * math.Abs(external-motor)
	f += math.Abs(external*p.External - motor*p.Motor)
	f += slow * math.Abs(external*p.ExternalStribeck-motor*p.MotorStribeck)
	if math.Signbit(external) != math.Signbit(motor) {
		if math.Abs(external) < math.Abs(motor) {
			f += slow * p.ExternalQuadratic * external * external
		} else {
			f += slow * p.MotorQuadratic * motor * motor
		}
	}
	return f
}

// replay is where the model goes under a log's commands, from the log's first
// position at rest, in steps of 1 ms.
func (p *published) replay(l *identify.Log) []float64 {
	const step = 1e-3
	out := make([]float64, len(l.Time))
	inertia := p.Armature + l.Load.Inertia()
	q, v := l.Position[0][0], 0.0
	out[0] = q
	for i := range len(l.Time) - 1 {
		steps := int(math.Ceil((l.Time[i+1] - l.Time[i]) / step))
		h := (l.Time[i+1] - l.Time[i]) / float64(steps)
		for range steps {
			external := -l.Load.Gravity() * math.Sin(q+p.Offset)
			motor := 0.0
			if l.Enabled[i] {
				duty := min(max((l.Command[0][i]-q)*l.Kp*errorGain, -1), 1)
				motor = (p.Kt*l.Volts*duty - p.Kt*p.Kt*v) / p.R
			}
			net := motor + external
			stop := inertia/h*v + net
			net -= math.Copysign(min(math.Abs(stop), p.friction(motor, external, v)+p.Viscous*math.Abs(v)), stop)
			v += net / inertia * h
			q += v * h
		}
		out[i+1] = q
	}
	return out
}

// rmse is the error of a replay on the rows that identify.Check scores, rad.
func (p *published) rmse(l *identify.Log) float64 {
	sum, n := 0.0, 0.0
	for i, q := range p.replay(l) {
		if l.Time[i] >= 0.3 {
			sum, n = sum+(q-l.Position[0][i])*(q-l.Position[0][i]), n+1
		}
	}
	return math.Sqrt(sum / n)
}
