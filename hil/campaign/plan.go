package campaign

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"whisker/controller/record"
	"whisker/hil"
	"whisker/hil/emulate"
	"whisker/hil/fault"
)

// Plan is a campaign as its file says it.
type Plan struct {
	// Scenario is what all rows have in common, with the keys of a scenario file. Its
	// clips and faults are those of the plan.
	Scenario hil.Scenario `yaml:"scenario"`
	// Target is sim or emulated: a robot that waits for the program.
	Target string `yaml:"target"`
	// Clips are played one a row; files, globs and shipped names, as in a scenario.
	Clips []string `yaml:"clips"`
	// Faults are injected one a row; each clip is also played without any.
	Faults []fault.Fault `yaml:"faults"`
	// Seeds are of what a fault draws; none is the fault's own.
	Seeds []uint64 `yaml:"seeds"`
	// Draws is how many robots are drawn from the scenario's randomisation for each; 0
	// is the scenario's own one.
	Draws int `yaml:"draws"`
}

// Read reads a plan, strictly.
func Read(path string) (*Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("campaign: %w", err)
	}
	p := &Plan{Scenario: hil.DefaultScenario(), Target: "emulated"}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(p); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
		return nil, fmt.Errorf("campaign: %s (%s)", line, path)
	}
	switch {
	case p.Target != "sim" && p.Target != "emulated":
		err = fmt.Errorf("campaign: target is %q, expected sim or emulated: a robot cannot be had many times at once (%s)", p.Target, path)
	case len(p.Clips) == 0:
		err = fmt.Errorf("campaign: no clips (%s)", path)
	case strings.Contains(p.Scenario.Robot, "@"):
		err = fmt.Errorf("campaign: scenario.robot is %q, expected a name without @: target says where it is (%s)", p.Scenario.Robot, path)
	case p.Scenario.Hold || p.Scenario.Record+p.Scenario.View+p.Scenario.Video != "":
		err = fmt.Errorf("campaign: scenario has hold, record, view or video, expected none: a row ends, and nobody watches it (%s)", path)
	case len(p.Scenario.Clips) > 0 || len(p.Scenario.Faults) > 0:
		err = fmt.Errorf("campaign: clips and faults stand beside scenario, not in it (%s)", path)
	case p.Draws < 0:
		err = fmt.Errorf("campaign: draws is %d, expected 0 or more (%s)", p.Draws, path)
	case p.Draws > 0 && p.Scenario.Physics.Randomise == "":
		err = fmt.Errorf("campaign: draws is %d, but scenario.physics.randomise says nothing to draw from (%s)", p.Draws, path)
	}
	return p, err
}

// row is one run of the plan.
type row struct {
	scenario hil.Scenario
	clip     string
	fault    string
	seed     uint64
	draw     int
	content  string // hash of the clip
	build    string // what plays it
}

// key is the same for the same run of the same clip.
func (r *row) key() string {
	return fmt.Sprintf("%x", sha256.Sum256(append(r.scenario.YAML(), r.build+r.content...)))[:16]
}

// build tells one program from another, one model (by its hash), one firmware where it
// is emulated, and what else the scenario's files hold.
func (p *Plan) build(version, model string) string {
	s := &p.Scenario
	files := []string{s.Robot, s.Policy, s.LayoutFile(), s.Physics.Body, s.Physics.Randomise}
	if exe, err := os.Executable(); err == nil {
		files = append(files, exe)
	}
	if p.Target == "emulated" {
		if file, err := emulate.Find(s.Emulation.Board); err == nil {
			files = append(files, file)
		}
	}
	return version + " " + model + hashes(files...)
}

// hashes are those of files, nothing for a name that is no file's.
func hashes(files ...string) (all string) {
	for _, f := range files {
		hash, _ := record.FileHash(f)
		all += " " + hash
	}
	return all
}

// rows are all runs, in order. clips are what Plan.Clips became.
func (p *Plan) rows(clips []string) (all []row) {
	for _, clip := range clips {
		content := hashes(clip)
		for i := -1; i < len(p.Faults); i++ {
			seeds := p.Seeds
			if i < 0 || len(seeds) == 0 {
				seeds = []uint64{0}
			}
			for _, seed := range seeds {
				for draw := range max(1, p.Draws) {
					r := p.row(clip, i, seed, draw)
					r.content = content
					all = append(all, r)
				}
			}
		}
	}
	return all
}

func (p *Plan) row(clip string, i int, seed uint64, draw int) row {
	r := row{scenario: p.Scenario, clip: clip, seed: seed, draw: draw, fault: "none"}
	s := &r.scenario
	s.Clips, s.Pace = []string{clip}, "lockstep"
	s.Physics.RandomSeed += uint64(draw)
	if p.Target == "emulated" {
		s.Robot += "@emulated"
	}
	if i >= 0 {
		f := p.Faults[i]
		if len(p.Seeds) > 0 {
			f.Seed = seed
		}
		s.Faults, r.fault = []fault.Fault{f}, f.String()
	}
	return r
}
