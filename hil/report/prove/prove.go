package prove

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"whisker/controller"
	"whisker/hil/report"
	"whisker/sim"
)

// Options of a proof.
type Options struct {
	Draws int
	Seed  uint64
	File  string // of draws, one JSON object a line; "" keeps none
	// Seconds bounds the length of each clip; 0 is to its end.
	Seconds float64
	// Progress gets every draw as it is made; nil for nobody.
	Progress func(*Draw)
}

// Run makes the draws that File lacks and returns all. It uses all cores: a
// report's replays are what takes time.
func Run(ctx context.Context, o Options) ([]*Draw, error) {
	ps, err := openPlants()
	if err != nil {
		return nil, err
	}
	defer ps.robot.Close()
	return ps.run(ctx, o)
}

func (ps *plants) run(ctx context.Context, o Options) ([]*Draw, error) {
	done, err := read(o.File, o.Seed)
	if err != nil {
		return nil, err
	}
	ps.seconds = o.Seconds
	dir, err := os.MkdirTemp("", "whisker-proof-")
	if err != nil {
		return nil, fmt.Errorf("prove: %w", err)
	}
	defer os.RemoveAll(dir)
	var all []*Draw
	for i := range o.Draws {
		d := done[i]
		if d == nil {
			if d, err = ps.try(ctx, dir, newDraw(ps.robot.Body(), i, o.Seed)); err != nil {
				return all, err
			}
			if err := d.save(o.File); err != nil {
				return all, err
			}
		}
		all = append(all, d)
		if o.Progress != nil {
			o.Progress(d)
		}
	}
	return all, nil
}

// try records both robots and asks the report.
func (ps *plants) try(ctx context.Context, dir string, d *Draw) (*Draw, error) {
	rng := rand.New(rand.NewPCG(d.Seed, 1000+uint64(d.Index)))
	chosen := rng.Perm(len(ps.refs))[:2]
	for _, i := range chosen {
		d.Clips = append(d.Clips, ps.refs[i].Name)
	}
	first, second := in(dir, d, "first"), in(dir, d, "second")
	defer os.Remove(first)
	defer os.Remove(second)
	b := ps.robot.Body()
	if err := ps.record(ctx, first, chosen, sim.Nominal(len(b.Joints)), right, 0); err != nil {
		return nil, err
	}
	if err := ps.record(ctx, second, chosen, d.deviations(b), d.sense(rng), 1+rng.Uint64()>>1); err != nil {
		return nil, err
	}
	found, err := report.Explain(ctx, first, second)
	if err != nil {
		return nil, err
	}
	d.Words = found.Words
	for _, k := range slices.Concat(found.Named, found.Sensors) {
		d.Named, d.Values = append(d.Named, k.Causes[0]), append(d.Values, float64(k.Values[0]))
	}
	return d, nil
}

// right is what sensors make of a state that do not err.
func right(*controller.State) {}

func (d *Draw) save(file string) error {
	if file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	return errors.Join(json.NewEncoder(f).Encode(d), f.Close())
}

// read gives the draws of a file by their number. Draws of another seed would
// not be those of this proof.
func read(file string, seed uint64) (map[int]*Draw, error) {
	done := map[int]*Draw{}
	f, err := os.Open(file)
	if file == "" || errors.Is(err, os.ErrNotExist) {
		return done, nil
	}
	if err != nil {
		return nil, fmt.Errorf("prove: %w", err)
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for line := 1; ; line++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // a last line without an end was cut off
			return done, nil
		}
		if err != nil {
			return nil, fmt.Errorf("prove: %w", err)
		}
		d := &Draw{}
		if err := json.Unmarshal(text, d); err != nil {
			return nil, fmt.Errorf("prove: %s:%d: no draw: %w", file, line, err)
		}
		if d.Seed != seed {
			return nil, fmt.Errorf("prove: %s:%d: a draw of seed %d, expected %d: give another file", file, line, d.Seed, seed)
		}
		done[d.Index] = d
	}
}
