package hil

import (
	"fmt"

	"whisker/sim"
)

// Worlds opens n simulated robots of the kind that the scenario names (robot,
// model, physics), on one model, to train or to evaluate in: each implements
// train.World. Where the scenario randomises, every world draws robots of its own,
// by the scenario's seed and its index, anew at each start. The caller closes
// them, last the first, whose Kinematics serve references.
func Worlds(s Scenario, n int) (worlds []*sim.Robot, err error) {
	if n < 1 {
		return nil, fmt.Errorf("hil: %d worlds, expected at least one", n)
	}
	nominal := s
	nominal.Physics.Randomise = ""
	first, err := simulated(&nominal)
	if err != nil {
		return nil, err
	}
	worlds = append(worlds, first)
	for len(worlds) < n && err == nil {
		var w *sim.Robot
		if w, err = first.Clone(); err == nil {
			worlds = append(worlds, w)
		}
	}
	if err == nil {
		err = randomise(worlds, &s.Physics)
	}
	if err != nil {
		for _, w := range worlds {
			w.Close()
		}
		return nil, err
	}
	return worlds, nil
}

// randomise makes each robot draw from the scenario's ranges, where it names some,
// by a seed of its own.
func randomise(robots []*sim.Robot, p *Physics) error {
	if p.Randomise == "" {
		return nil
	}
	ranges, err := openRanges(p)
	if err != nil {
		return err
	}
	for i, r := range robots {
		if err := r.Randomise(ranges, p.RandomSeed+uint64(i)); err != nil {
			return err
		}
	}
	return nil
}
