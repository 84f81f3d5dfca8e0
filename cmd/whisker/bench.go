package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/hil"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// bench is a robot per core, to prepare clips and to play them.
type bench struct {
	robots  []*sim.Robot
	players []train.Player
	// rats make the clips: the players themselves, or for a robot with a profile,
	// whose clips are retargeted, a bench of rats.
	rats *bench
	log  zerolog.Logger // of how far long work is
}

// newLeggedBench is a bench of the robots of a scenario, with rats beside them.
func newLeggedBench(s hil.Scenario, cores int) (*bench, error) {
	robots, err := hil.Worlds(s, cores)
	if err != nil {
		return nil, err
	}
	b := &bench{robots: robots}
	b.seat()
	if b.rats, err = newBench(sim.Options{}, cores); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func newBench(o sim.Options, cores int) (*bench, error) {
	first, err := sim.Open(o)
	if err != nil {
		return nil, err
	}
	b := &bench{robots: []*sim.Robot{first}}
	for range cores - 1 {
		r, err := first.Clone()
		if err != nil {
			b.close()
			return nil, err
		}
		b.robots = append(b.robots, r)
	}
	b.seat()
	b.rats = b
	return b, nil
}

func (b *bench) seat() {
	for _, r := range b.robots {
		b.players = append(b.players, train.Player{Stage: r, Kin: r.Kinematics()})
	}
}

// legged tells whether the robots are no rats.
func (b *bench) legged() bool { return b.rats != b }

func (b *bench) close() {
	if b.rats != nil && b.legged() {
		b.rats.close()
	}
	for _, p := range b.players {
		p.Kin.(*sim.Kinematics).Close()
	}
	for _, r := range b.robots {
		r.Close()
	}
}

// each runs f for 0 to n-1 on all cores, with the number of the core, and tells of
// it as what is being done.
func (b *bench) each(ctx context.Context, doing string, n int, f func(i, core int) error) error {
	jobs, done := make(chan int), counting(b.log, doing, n)
	group, ctx := errgroup.WithContext(ctx)
	for core := range b.players {
		group.Go(func() error {
			for i := range jobs {
				if err := f(i, core); err != nil {
					return err
				}
				done()
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(jobs)
		for i := range n {
			select {
			case jobs <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

// counting gives what is called after each of so many pieces of work, by anyone. It tells
// how many are done, every ten seconds.
func counting(log zerolog.Logger, doing string, of int) (done func()) {
	var mu sync.Mutex
	n, told := 0, time.Now()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		n++
		if now := time.Now(); now.Sub(told) >= 10*time.Second {
			told = now
			log.Info().Int("done", n).Int("of", of).Msg(doing)
		}
	}
}

// specs lists a library's clips: kinds in a fixed order, seeds from first.
func specs(library map[string]int, first uint64) ([]motion.Spec, error) {
	var kinds []string
	for kind := range library {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	var list []motion.Spec
	for _, kind := range kinds {
		if library[kind] < 0 {
			return nil, fmt.Errorf("train: %d clips of kind %s; want 0 or more", library[kind], kind)
		}
		for i := range library[kind] {
			list = append(list, motion.RandomSpec(motion.Kind(kind), first+uint64(i)))
		}
	}
	return list, nil
}

// variety is what is made of a synthesised clip.
type variety struct {
	Shake    float64 `help:"Add a copy of each synthesised clip that drifts by so much, rad, and is cleaned again; 0 is none." default:"${shake}" placeholder:"RAD"`
	Brisk    float64 `help:"Play the shaken copies up to so many times faster." default:"1"`
	Postures int     `help:"Add so many shaken copies of each synthesised clip that stand crouched, bent and unevenly, as recorded rats do." default:"0" placeholder:"N"`
}

// synthesise makes the rat's clips of specs, each followed by its variety.
func (b *bench) synthesise(ctx context.Context, list []motion.Spec, v variety) ([]*motion.Clip, error) {
	shaken := 0
	if v.Shake > 0 {
		shaken = 1 + v.Postures
	}
	clips := make([]*motion.Clip, (1+shaken)*len(list))
	body := b.rats.robots[0].Body()
	return clips, b.each(ctx, "synthesising", len(clips), func(i, core int) error {
		k := b.rats.players[core].Kin
		spec, copied := list[i/(1+shaken)], uint64(i%(1+shaken))
		if copied > 1 {
			spec.Posture = spec.Seed<<8 + copied
		}
		clip, err := motion.Synthesize(k, body, spec)
		if err != nil || copied == 0 {
			clips[i] = clip
			return err
		}
		faster := 1 + (v.Brisk-1)*rand.New(rand.NewPCG(spec.Seed, 0xb11+copied)).Float64()
		clips[i], _, err = motion.Clean(train.Faster(train.Shake(clip, v.Shake, spec.Seed+spec.Posture), faster), k)
		return err
	})
}

// make synthesises the robots' clips of specs, and tells what each kept of the rat's
// motion, where they are no rats: those of the rat are retargeted, those of legs follow.
func (b *bench) make(ctx context.Context, list []motion.Spec, v variety) (clips []*motion.Clip, kept []*motion.Fidelity, err error) {
	rats, legs := list, []motion.Spec(nil)
	if b.legged() {
		legs = slices.DeleteFunc(slices.Clone(list), func(s motion.Spec) bool { return !s.Kind.OfLegs() })
		rats = slices.DeleteFunc(slices.Clone(list), func(s motion.Spec) bool { return s.Kind.OfLegs() })
	}
	clips, err = b.synthesise(ctx, rats, v)
	if err != nil || !b.legged() {
		return clips, make([]*motion.Fidelity, len(clips)), err
	}
	if clips, kept, err = b.retarget(ctx, clips); err != nil {
		return nil, nil, err
	}
	own, how := make([]*motion.Clip, len(legs)), make([]*motion.Fidelity, len(legs))
	body := b.robots[0].Body()
	err = b.each(ctx, "synthesising legs", len(legs), func(i, core int) (err error) {
		own[i], how[i], err = motion.SynthesizeLegs(b.players[core].Kin, body, legs[i])
		return err
	})
	return append(clips, own...), append(kept, how...), err
}

// retarget makes clips of the rat the robot's, and tells what each kept.
func (b *bench) retarget(ctx context.Context, rats []*motion.Clip) ([]*motion.Clip, []*motion.Fidelity, error) {
	clips, kept := make([]*motion.Clip, len(rats)), make([]*motion.Fidelity, len(rats))
	body := b.robots[0].Body()
	return clips, kept, b.each(ctx, "retargeting", len(rats), func(i, core int) (err error) {
		k := b.rats.players[core].Kin
		ordered, err := rats[i].Reorder(k.JointNames())
		if err != nil {
			return err
		}
		clips[i], kept[i], err = motion.Retarget(ordered, k, b.players[core].Kin, body)
		return err
	})
}

// prepare makes references of clips of the robot.
func (b *bench) prepare(ctx context.Context, clips []*motion.Clip) ([]*policy.Reference, error) {
	refs := make([]*policy.Reference, len(clips))
	body := b.robots[0].Body()
	return refs, b.each(ctx, "preparing", len(clips), func(i, core int) (err error) {
		refs[i], err = policy.NewReference(body, clips[i], b.players[core].Kin)
		return err
	})
}
