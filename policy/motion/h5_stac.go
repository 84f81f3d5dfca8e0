package motion

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// stacConfig is what matters here of the configuration in a file of stac-mjx.
type stacConfig struct {
	Stac struct {
		Frames int `yaml:"n_frames_per_clip"`
	} `yaml:"stac"`
	Model struct {
		Snips []string `yaml:"snips_order"`
		Rate  float64  `yaml:"RENDER_FPS"`
	} `yaml:"model"`
}

// h5Stac reads qpos, and cuts it where one fit ends and the next begins.
func h5Stac(root *h5Object, name string) ([]*Clip, error) {
	qpos, shape, err := h5Numbers(root, h5All, 2, "qpos")
	if err != nil {
		return nil, err
	}
	joints := ratMocapJoints()
	if n := h5Names(root, "names_qpos"); len(n) > 7 {
		joints = n[7:]
	}
	all := &Clip{Joints: joints}
	if err := all.setQpos(qpos, shape[1]); err != nil {
		return nil, fmt.Errorf("qpos: %w", err)
	}
	if err := all.toTorso(root); err != nil {
		return nil, err
	}
	cfg, err := h5Config(root)
	if err != nil {
		return nil, err
	}
	clips := all.cut(name, cfg)
	if clips == nil {
		return nil, errors.New("qpos: no frames")
	}
	return clips, nil
}

// h5Config reads the configuration, where there is one. What the YAML parser
// panics at, in a damaged file, is an error.
func h5Config(root *h5Object) (cfg stacConfig, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("config: not YAML (%v)", r)
		}
	}()
	if text := h5Names(root, "config"); len(text) == 1 {
		if err := yaml.Unmarshal([]byte(text[0]), &cfg); err != nil {
			return cfg, errors.New("config: not YAML")
		}
	}
	if cfg.Model.Rate == 0 {
		cfg.Model.Rate = dannceRate
	}
	return cfg, nil
}

// cut takes clips apart that were fitted one by one and stored in a row.
func (c *Clip) cut(file string, cfg stacConfig) (clips []*Clip) {
	per, n := cfg.Stac.Frames, len(c.Poses)
	if per <= 0 || per >= n || n%per != 0 {
		per = n
	}
	for k := 0; per > 0 && k < n/per; k++ {
		one := newClip(file, k, cfg.Model.Rate, c.Joints)
		if per == n {
			one.Name, one.Source = clipName(file), file
		} else if k < len(cfg.Model.Snips) {
			one.Name = clipName(filepath.ToSlash(cfg.Model.Snips[k]))
		}
		one.Repairs = slices.Clone(c.Repairs)
		one.Poses = c.Poses[k*per : (k+1)*per : (k+1)*per]
		clips = append(clips, one)
	}
	return clips
}

// toTorso moves the root to the torso. Some models have their free joint on a
// frame 65 mm under it; the first frame of xpos and xquat tells.
func (c *Clip) toTorso(root *h5Object) error {
	bodies := h5Names(root, "names_xpos")
	torso := slices.IndexFunc(bodies, func(n string) bool { return n == "torso" || strings.HasSuffix(n, "/torso") })
	if torso < 0 || len(c.Poses) == 0 {
		return nil
	}
	pos, shape, err := h5Numbers(root, 1, 3, "xpos")
	if err != nil {
		return err
	}
	quat, shape4, err := h5Numbers(root, 1, 3, "xquat")
	if err != nil {
		return err
	}
	if n := len(bodies); !slices.Equal(shape, []int{1, n, 3}) || !slices.Equal(shape4, []int{1, n, 4}) {
		return fmt.Errorf("xpos and xquat: shapes %v and %v, expected frames x %d bodies x 3 and 4", shape, shape4, n)
	}
	first := c.Poses[0]
	if err := first.unitQuat("qpos, frame 0"); err != nil {
		return err
	}
	back := quatConj(first.Quat)
	shift := quatRotate(back, sub([3]float64(pos[3*torso:]), first.Pos))
	turn := quatMul(back, [4]float64(quat[4*torso:]))
	if length(shift) < 1e-5 && quatAngle([4]float64{1, 0, 0, 0}, turn) < 1e-4 {
		return nil
	}
	for f := range c.Poses {
		p := &c.Poses[f]
		p.Pos = add(p.Pos, quatRotate(p.Quat, shift))
		p.Quat = quatMul(p.Quat, turn)
	}
	c.Repairs = append(c.Repairs, fmt.Sprintf("the file's root is %.1f mm off the torso; moved", 1000*length(shift)))
	return nil
}
