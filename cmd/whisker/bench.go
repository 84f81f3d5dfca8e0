package main

import (
	"context"
	"fmt"
	"sort"

	"golang.org/x/sync/errgroup"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// bench is a robot per core, to prepare clips and to play them.
type bench struct {
	robots  []*sim.Robot
	players []train.Player
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
	for _, r := range b.robots {
		b.players = append(b.players, train.Player{Stage: r, Kin: r.Kinematics()})
	}
	return b, nil
}

func (b *bench) close() {
	for _, p := range b.players {
		p.Kin.(*sim.Kinematics).Close()
	}
	for _, r := range b.robots {
		r.Close()
	}
}

// each runs f for 0 to n-1 on all cores, with the kinematics of one.
func (b *bench) each(ctx context.Context, n int, f func(i int, k motion.Kinematics) error) error {
	jobs := make(chan int)
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range b.players {
		group.Go(func() error {
			for i := range jobs {
				if err := f(i, p.Kin); err != nil {
					return err
				}
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

// synthesise makes references of specs; with shake above 0 each is followed by one
// of a shaken copy that was cleaned.
func (b *bench) synthesise(ctx context.Context, list []motion.Spec, shake float64) ([]*policy.Reference, error) {
	times := 1
	if shake > 0 {
		times = 2
	}
	refs := make([]*policy.Reference, times*len(list))
	body := b.robots[0].Body()
	return refs, b.each(ctx, len(list), func(i int, k motion.Kinematics) error {
		clip, err := motion.Synthesize(k, body, list[i])
		if err != nil {
			return err
		}
		if refs[times*i], err = policy.NewReference(body, clip, k); err != nil || shake == 0 {
			return err
		}
		shaken, err := cleaned([]*motion.Clip{train.Shake(clip, shake, list[i].Seed)}, k)
		if err != nil {
			return err
		}
		refs[times*i+1], err = policy.NewReference(body, shaken[0], k)
		return err
	})
}

// prepare makes references of clips that were read.
func (b *bench) prepare(ctx context.Context, clips []*motion.Clip) ([]*policy.Reference, error) {
	refs := make([]*policy.Reference, len(clips))
	body := b.robots[0].Body()
	return refs, b.each(ctx, len(clips), func(i int, k motion.Kinematics) (err error) {
		refs[i], err = policy.NewReference(body, clips[i], k)
		return err
	})
}

// cleaned makes of recorded clips what a body on a floor can follow, joints in
// the order of k.
func cleaned(raw []*motion.Clip, k motion.Kinematics) ([]*motion.Clip, error) {
	var clips []*motion.Clip
	for _, r := range raw {
		ordered, err := r.Reorder(k.JointNames())
		if err != nil {
			return nil, err
		}
		clean, _, err := motion.Clean(ordered, k)
		if err != nil {
			return nil, err
		}
		clips = append(clips, clean)
	}
	return clips, nil
}
