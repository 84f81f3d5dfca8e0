package main

import (
	"fmt"

	"whisker/hil"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// takes reads, cleans or retargets, and synthesises what is to be played; hash is
// that of the synthesised part.
func (c *evaluateCmd) takes(e *env, b *bench) (takes []train.Take, hash string, err error) {
	if len(c.Clip) == 0 && len(c.Library) == 0 {
		return nil, "", fmt.Errorf("whisker: nothing to play: want --clip, --library or both")
	}
	read, err := c.read(e, b)
	if err != nil {
		return nil, "", err
	}
	made, err := c.make(e, b)
	if err != nil {
		return nil, "", err
	}
	var refs []*policy.Reference
	k := b.players[0].Kin
	for i, l := range append(read, made...) {
		ref, err := policy.NewReference(b.robots[0].Body(), l.clip, k)
		if err != nil {
			return nil, "", err
		}
		t := train.Take{Ref: ref, Raw: l.raw, Kept: l.kept}
		t.Starts, t.Skipped = train.Starts(ref, k, c.Starts)
		takes = append(takes, t)
		if i >= len(read) {
			refs = append(refs, ref)
		}
	}
	if len(refs) > 0 {
		hash = train.Hash(refs)
	}
	return takes, hash, nil
}

// loaded is a clip of the robot, as it was recorded, and what retargeting kept.
type loaded struct {
	clip, raw *motion.Clip
	kept      *motion.Fidelity
}

// read gives the clips of files.
func (c *evaluateCmd) read(e *env, b *bench) (list []loaded, err error) {
	if len(c.Clip) == 0 {
		return nil, nil
	}
	k := b.players[0].Kin
	if b.legged() {
		clips, kept, err := hil.LeggedClips(c.Clip, b.robots[0].Body(), k.(*sim.Kinematics))
		hil.LogRepairs(e.log, clips...)
		for _, clip := range clips {
			list = append(list, loaded{clip: clip, kept: kept[clip.Name]})
		}
		return list, err
	}
	raw, err := hil.Clips(c.Clip, k)
	if err != nil {
		return nil, err
	}
	clips := raw
	if !c.Raw {
		if clips, err = hil.Clean(raw, k); err != nil {
			return nil, err
		}
	}
	hil.LogRepairs(e.log, clips...)
	for i := range clips {
		l := loaded{clip: clips[i]}
		if l.raw, err = raw[i].Reorder(k.JointNames()); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// make gives the synthesised clips.
func (c *evaluateCmd) make(e *env, b *bench) (list []loaded, err error) {
	made, err := specs(c.Library, c.Seed)
	if err != nil {
		return nil, err
	}
	clips, kept, err := b.make(e.ctx, made, c.variety)
	if err != nil {
		return nil, err
	}
	for i := range clips {
		list = append(list, loaded{clip: clips[i], kept: kept[i]})
	}
	return list, nil
}
