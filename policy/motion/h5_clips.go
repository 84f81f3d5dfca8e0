package motion

import (
	"fmt"
	"slices"
	"strings"
)

// ratMocapJoints is the order of joints of dm_control's rat in files that do not
// name them (its walkers' mocap_joints; Apache-2.0).
func ratMocapJoints() []string {
	limb := func(side string) []string {
		return strings.Fields(strings.ReplaceAll("hip_S_supinate hip_S_abduct hip_S_extend knee_S ankle_S toe_S", "S", side))
	}
	arm := func(side string) []string {
		return strings.Fields(strings.ReplaceAll("scapula_S_supinate scapula_S_abduct scapula_S_extend shoulder_S shoulder_sup_S elbow_S wrist_S finger_S", "S", side))
	}
	names := strings.Fields("vertebra_1_extend vertebra_2_bend vertebra_3_twist vertebra_4_extend vertebra_5_bend vertebra_6_twist")
	names = append(append(names, limb("L")...), limb("R")...)
	for c := 1; c <= 6; c++ {
		names = append(names, fmt.Sprintf("vertebra_C%d_extend", c), fmt.Sprintf("vertebra_C%d_bend", c))
	}
	for c := 7; c <= 29; c += 2 {
		names = append(names, fmt.Sprintf("vertebra_C%d_%s", c, []string{"bend", "extend"}[c/2%2]))
	}
	names = append(names, strings.Fields("vertebra_cervical_5_extend vertebra_cervical_4_bend vertebra_cervical_3_twist vertebra_cervical_2_extend "+
		"vertebra_cervical_1_bend vertebra_axis_twist vertebra_atlant_extend atlas mandible")...)
	return append(append(names, arm("L")...), arm("R")...)
}

// ReadHDF5 reads the clips of an HDF5 file, in one of three layouts:
//
//   - qpos, names_qpos and config at the top, as stac-mjx saves its fits and as
//     rodent_reference_clips.h5 is published: clips of config's
//     stac.n_frames_per_clip frames in a row, named by model.snips_order.
//   - a group per clip with walkers/walker_0/{position,quaternion,joints}, one
//     column a frame, and attribute dt: the motion capture of dm_control.
//   - all_clips/{position,quaternion,joints}, clips x frames x values, as
//     track-mjx saves reference clips.
//
// Joints without names must be the 67 of dm_control's rat, in its order.
func ReadHDF5(data []byte, name string) ([]*Clip, error) {
	root, err := h5Open(data)
	var clips []*Clip
	if err == nil {
		clips, err = h5Clips(root, name)
	}
	if err != nil {
		return nil, fmt.Errorf("motion: %s: %w", name, err)
	}
	for _, c := range clips {
		if err := c.finish(); err != nil {
			return nil, err
		}
	}
	return clips, nil
}

func h5Clips(root *h5Object, name string) ([]*Clip, error) {
	names, _, err := root.links()
	if err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(names, "qpos"):
		return h5Stac(root, name)
	case slices.Contains(names, "all_clips"):
		return h5AllClips(root, name)
	}
	var clips []*Clip
	for _, n := range names {
		clip, err := root.child(n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		if _, at, _ := clip.links(); clip.isDataset() || at["walkers"] == 0 {
			continue
		}
		c, err := h5Walker(clip)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		c.Name, c.Source = n, name+" "+n
		clips = append(clips, c)
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("no clips in it (members %s); expected qpos, all_clips, groups with walkers/walker_0, or key points in tracks", strings.Join(names[:min(len(names), 8)], ", "))
	}
	slices.SortStableFunc(clips, func(a, b *Clip) int { return len(a.Name) - len(b.Name) }) // clip_2 before clip_10
	return clips, nil
}

// h5Numbers reads a dataset of numbers of a given number of dimensions.
func h5Numbers(o *h5Object, rows uint64, dims int, path ...string) (v []float64, shape []int, err error) {
	d, err := o.child(path...)
	if err != nil {
		return nil, nil, err
	}
	a, err := d.read(rows)
	if err == nil {
		v, err = a.floats()
	}
	if err == nil && dims > 0 && len(a.shape) != dims {
		err = fmt.Errorf("%d dimensions, expected %d", len(a.shape), dims)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", strings.Join(path, "/"), err)
	}
	for _, n := range a.shape {
		shape = append(shape, int(n))
	}
	return v, shape, nil
}

// h5Names reads a dataset of strings; nil where there is none.
func h5Names(o *h5Object, name string) []string {
	d, err := o.child(name)
	if err != nil {
		return nil
	}
	a, err := d.read(h5All)
	if err != nil {
		return nil
	}
	s, _ := a.strings()
	return s
}

// h5Walker reads a clip of dm_control's motion capture.
func h5Walker(clip *h5Object) (*Clip, error) {
	c := &Clip{Rate: dannceRate}
	if dt, ok := clip.attribute("dt"); ok {
		c.Rate = 1 / dt
	}
	return c, c.setColumns(clip, []string{"walkers", "walker_0"})
}

// setColumns fills a clip from three arrays of one column a frame.
func (c *Clip) setColumns(o *h5Object, path []string) error {
	var parts [3][]float64
	width, frames := [3]int{3, 4, 0}, 0
	for i, n := range []string{"position", "quaternion", "joints"} {
		v, shape, err := h5Numbers(o, h5All, 2, append(slices.Clone(path), n)...)
		if err != nil {
			return err
		}
		if i == 0 {
			frames = shape[1]
		}
		if shape[1] != frames || width[i] > 0 && shape[0] != width[i] {
			return fmt.Errorf("%s: shape %v, expected %d columns, one a frame", n, shape, frames)
		}
		parts[i], width[i] = v, shape[0]
	}
	if c.Joints = ratMocapJoints(); width[2] != len(c.Joints) {
		return fmt.Errorf("joints: %d, expected the %d of dm_control's rat", width[2], len(c.Joints))
	}
	for f := 0; f < frames; f++ {
		p := Pose{Q: make([]float64, width[2])}
		for i, to := range [][]float64{p.Pos[:], p.Quat[:], p.Q} {
			for k := range to {
				to[k] = parts[i][k*frames+f]
			}
		}
		c.Poses = append(c.Poses, p)
	}
	return nil
}

// h5AllClips reads all_clips.
func h5AllClips(root *h5Object, name string) ([]*Clip, error) {
	joints := ratMocapJoints()
	width := [3]int{3, 4, len(joints)}
	var parts [3][]float64
	var shape [3][]int
	for i, n := range []string{"position", "quaternion", "joints"} {
		var err error
		if parts[i], shape[i], err = h5Numbers(root, h5All, 3, "all_clips", n); err != nil {
			return nil, err
		}
		if s := shape[i]; s[2] != width[i] || s[0] != shape[0][0] || s[1] != shape[0][1] {
			return nil, fmt.Errorf("all_clips/%s: shape %v, expected clips x frames x %d", n, s, width[i])
		}
	}
	var clips []*Clip
	frames := shape[0][1]
	for k := range shape[0][0] {
		c := newClip(name, k, dannceRate, joints)
		for f := k * frames; f < (k+1)*frames; f++ {
			c.Poses = append(c.Poses, Pose{Pos: [3]float64(parts[0][3*f:]), Quat: [4]float64(parts[1][4*f:]), Q: parts[2][len(joints)*f : len(joints)*(f+1)]})
		}
		clips = append(clips, c)
	}
	return clips, nil
}

func newClip(file string, number int, rate float64, joints []string) *Clip {
	n := fmt.Sprintf("%s_%d", clipName(file), number)
	return &Clip{Name: n, Source: fmt.Sprintf("%s clip %d", file, number), Rate: rate, Joints: slices.Clone(joints)}
}

// isKeyPointHDF5 tells key points from clips.
func isKeyPointHDF5(data []byte) bool {
	root, err := h5Open(data)
	if err != nil {
		return false
	}
	_, at, _ := root.links()
	return at["tracks"] != 0 && at["qpos"] == 0
}

// ReadKeyPointsHDF5 reads the dataset tracks (frames x 1 x points x 3, in mm, cm
// or m, at 50 frames per second) as stac-mjx takes it; node_names names the
// points where they are not DANNCE's 23.
func ReadKeyPointsHDF5(data []byte, name string) (*KeyPoints, error) {
	root, err := h5Open(data)
	if err != nil {
		return nil, fmt.Errorf("motion: %s: %w", name, err)
	}
	v, shape, err := h5Numbers(root, h5All, 0, "tracks")
	if err != nil {
		return nil, fmt.Errorf("motion: %s: %w", name, err)
	}
	return keyPointArray(v, shape, h5Names(root, "node_names"), name)
}
