package motion

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// h5Prelude is what the scripts below start from: 12 frames of a root and 67
// joints, frame f with its root at (f/100, 0, 0.07), turned by f/10 about z, and
// joint j at f/100 + j/1000.
const h5Prelude = `
import h5py, numpy as np, sys
f = np.arange(12)
pos = np.stack([f / 100, 0 * f, 0 * f + 0.07], 1)
quat = np.stack([np.cos(f / 20), 0 * f, 0 * f, np.sin(f / 20)], 1)
q = f[:, None] / 100 + np.arange(67)[None] / 1000
qpos = np.concatenate([pos, quat, q], 1)
def opened(**k): return h5py.File(sys.argv[1] + "/" + file, "w", **k)
`

// h5Written holds the files that h5py makes of all scripts; Python is started
// once, for it takes its time.
var h5Written = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "h5")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	scripts := h5Scripts()
	names := slices.Sorted(maps.Keys(scripts))
	all := h5Prelude
	for i, name := range names {
		all += fmt.Sprintf("file = '%d'\n%s\n", i, scripts[name])
	}
	if out, err := runPython(all, dir); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	files := map[string][]byte{}
	for i, name := range names {
		if files[name], err = os.ReadFile(filepath.Join(dir, fmt.Sprint(i))); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// h5py is the file that a script of that name writes.
func h5py(t testing.TB, name string) []byte {
	t.Helper()
	files, err := h5Written()
	if err != nil {
		t.Fatal(err)
	}
	if files[name] == nil {
		t.Fatalf("no script %q", name)
	}
	return files[name]
}

// h5Scripts are all scripts: the layouts, ways of storage, and what is refused.
func h5Scripts() map[string]string {
	all := map[string]string{"dm_control": writeMocap, "published clips": stacScript(), "all_clips": writeAll, "tracks": writeTracks}
	for name, script := range h5Storage() {
		all["store "+name] = "h = opened()\n" + script + "\nh.close()"
	}
	for name, tc := range h5Refused() {
		all["refuse "+name] = tc.script
	}
	return all
}

// isWritten compares a clip with frames from on of what h5py writes.
func isWritten(t *testing.T, c *Clip, from, frames int) {
	t.Helper()
	if c.Len() != frames || c.Rate != 50 || !slices.Equal(c.Joints, ratMocapJoints()) {
		t.Fatalf("%s: %d frames at %g Hz, joints %v; want %d at 50, the rat's", c.Name, c.Len(), c.Rate, c.Joints[:3], frames)
	}
	for i, p := range c.Poses {
		f := float64(from + i)
		d := math.Max(length(sub(p.Pos, [3]float64{f / 100, 0, 0.07})), quatAngle(p.Quat, quatExp([3]float64{0, 0, f / 10})))
		for j, q := range p.Q {
			d = math.Max(d, math.Abs(q-f/100-float64(j)/1000))
		}
		if d > 1e-6 {
			t.Fatalf("%s: frame %d is %g off what was written", c.Name, i, d)
		}
	}
}

const (
	writeMocap = `
with opened() as h:
    for n, (a, b) in {"clip_6": (6, 12), "clip_0": (0, 6)}.items():
        g = h.create_group(n); g.attrs["num_steps"] = 6; g.attrs["dt"] = 0.02
        w = g.create_group("walkers/walker_0"); g.create_group("props")
        w["position"] = pos[a:b].T; w["quaternion"] = quat[a:b].T; w["joints"] = q[a:b].T
        w["center_of_mass"] = pos[a:b].T; w["scaling"] = np.array([])
`
	writeStac = `
with opened() as h:
    h["config"] = np.bytes_("stac:\n  n_frames_per_clip: 6\nmodel:\n  RENDER_FPS: 50\n  snips_order:\n  - ../snips/Walk_12.p\n  - ../snips/FaceGroom_3.p\n")
    names = """` + "`NAMES`" + `""".split()
    h["names_qpos"] = np.array(["root"] * 7 + names, dtype="S")
    h["names_xpos"] = np.array(["world", "walker", "torso"], dtype="S")
    low = pos - [0, 0, 0.065]
    h.create_dataset("qpos", data=np.concatenate([low, quat, q], 1), compression="gzip", shuffle=True, chunks=(5, 30), fletcher32=True)
    h.create_dataset("xpos", data=np.stack([0 * pos, low, pos], 1), compression="gzip")
    h.create_dataset("xquat", data=np.stack([quat * 0 + [1, 0, 0, 0], quat, quat], 1), compression="gzip")
`
	writeAll = `
with opened() as h:
    g = h.create_group("all_clips")
    for n, v in {"position": pos, "quaternion": quat, "joints": q}.items():
        g.create_dataset(n, data=v.reshape(2, 6, -1).astype("float32"), compression="gzip", chunks=True)
`
	writeTracks = `
x = np.zeros((12, 1, 23, 3)); x[..., 0] = 20 * np.arange(23); x[..., 1] = f[:, None, None]; x[..., 2] = 50; x[3, 0, 2] = np.nan
with opened() as h: h.create_dataset("tracks", data=x.astype("float32"))
`
)

func stacScript() string {
	return strings.ReplaceAll(writeStac, "`NAMES`", strings.Join(ratMocapJoints(), " "))
}

func TestReadHDF5(t *testing.T) {
	for name, names := range map[string][]string{
		"dm_control": {"clip_0", "clip_6"}, "published clips": {"Walk_12", "FaceGroom_3"}, "all_clips": {"x_0", "x_1"},
	} {
		t.Run(name, func(t *testing.T) {
			clips, err := ReadHDF5(h5py(t, name), "dir/x.h5")
			if err != nil {
				t.Fatal(err)
			}
			if len(clips) != 2 || clips[0].Name != names[0] || clips[1].Name != names[1] {
				t.Fatalf("%d clips, first %s; want %v", len(clips), clips[0].Name, names)
			}
			isWritten(t, clips[0], 0, 6)
			isWritten(t, clips[1], 6, 6)
			if name == "published clips" && !strings.Contains(fmt.Sprint(clips[1].Repairs), "65.0 mm off the torso") {
				t.Errorf("repairs %q do not tell of the root", clips[1].Repairs)
			}
		})
	}
}

// h5Storage writes the same qpos in the ways that h5py can.
func h5Storage() map[string]string {
	return map[string]string{
		"contiguous":           `h["qpos"] = qpos`,
		"big-endian":           `h["qpos"] = qpos.astype(">f8")`,
		"chunks":               `h.create_dataset("qpos", data=qpos, chunks=(5, 20))`,
		"gzip":                 `h.create_dataset("qpos", data=qpos, compression="gzip", compression_opts=9, maxshape=(None, 74))`,
		"single precision":     `h.create_dataset("qpos", data=qpos.astype("f4"), compression="gzip", shuffle=True)`,
		"checksum":             `h.create_dataset("qpos", data=qpos, fletcher32=True)`,
		"many members":         `[h.create_dataset("other%d" % i, data=i) for i in range(300)]; h["qpos"] = qpos`,
		"many chunks":          `h.create_dataset("qpos", data=qpos, chunks=(1, 1))`,
		"attributes":           `h["qpos"] = qpos; [h["qpos"].attrs.__setitem__("a%d" % i, "x" * i) for i in range(30)]`,
		"latest, contiguous":   `pass; h.close(); h = opened(libver="latest"); h["qpos"] = qpos; pass`,
		"between two versions": `pass; h.close(); h = opened(libver=("earliest", "v108")); h["qpos"] = qpos; pass`,
		"created in order":     `pass; h.close(); h = opened(track_order=True); h["qpos"] = qpos; h["b"] = 1; pass`,
	}
}

func TestReadHDF5Storage(t *testing.T) {
	for name := range h5Storage() {
		t.Run(name, func(t *testing.T) {
			clips, err := ReadHDF5(h5py(t, "store "+name), "x.h5")
			if err != nil {
				t.Fatal(err)
			}
			isWritten(t, clips[0], 0, 12)
		})
	}
}

func TestReadKeyPointsHDF5(t *testing.T) {
	data := h5py(t, "tracks")
	if !isKeyPointHDF5(data) || isKeyPointHDF5(h5py(t, "all_clips")) {
		t.Error("key points and clips are mistaken for one another")
	}
	k, err := ReadKeyPointsHDF5(data, "x.h5")
	if err != nil {
		t.Fatal(err)
	}
	if d := length(sub(k.Frames[11][4], [3]float64{0.08, 0.011, 0.05})); len(k.Frames) != 12 || d > 1e-7 || !math.IsNaN(k.Frames[3][2][0]) {
		t.Errorf("%d frames, SpineM at %v m, EarR of frame 3 at %v", len(k.Frames), k.Frames[11][4], k.Frames[3][2])
	}
}

func TestReadHDF5Errors(t *testing.T) {
	good := h5py(t, "published clips")
	for name, cut := range map[string]int{"empty": 0, "header only": 60, "half": len(good) / 2, "a quarter missing": len(good) * 3 / 4} {
		if _, err := ReadHDF5(good[:cut], "bad.h5"); err == nil || !strings.HasPrefix(err.Error(), "motion: bad.h5: ") || !strings.Contains(err.Error(), "HDF5") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, tc := range h5Refused() {
		t.Run(name, func(t *testing.T) {
			_, err := ReadHDF5(h5py(t, "refuse "+name), "bad.h5")
			if err == nil || !strings.HasPrefix(err.Error(), "motion: bad.h5") || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %v, expected %q", err, tc.want)
			}
		})
	}
}

// h5Refused are files that no clip can be read from, and what the error says.
func h5Refused() map[string]struct{ script, want string } {
	return map[string]struct{ script, want string }{
		"no clips":          {"with opened() as h: h['a'] = 1", "no clips in it (members a); expected qpos"},
		"nothing in it":     {"opened().close()", "no clips in it"},
		"joints missing":    {"with opened() as h: h['qpos'] = qpos[:, :60]", "qpos: 60 columns, expected 7 and one for each of 67 joints"},
		"NaN":               {"bad = qpos.copy(); bad[5, 20] = np.nan\nwith opened() as h: h['qpos'] = bad", "frame 5: joint hip_R_abduct is NaN"},
		"text":              {"with opened() as h: h['qpos'] = np.array([['a', 'b']], dtype='S')", "qpos: HDF5 strings, expected numbers"},
		"one dimension":     {"with opened() as h: h['qpos'] = q[0]", "qpos: 1 dimensions, expected 2"},
		"other filter":      {"with opened() as h: h.create_dataset('qpos', data=qpos, compression='lzf')", "HDF5 filter 32000, expected gzip or none"},
		"latest, chunked":   {"with opened(libver='latest') as h: h.create_dataset('qpos', data=qpos, chunks=(5, 20))", "save it with libver='earliest'"},
		"latest, crowded":   {"with opened(libver='latest') as h: [h.create_dataset('a%d' % i, data=i) for i in range(50)]", "save it with libver='earliest'"},
		"walker of a frog":  {strings.ReplaceAll(writeMocap, "q[a:b].T", "q[a:b, :5].T"), "clip_0: joints: 5, expected the 67 of dm_control's rat"},
		"walker in pieces":  {strings.ReplaceAll(writeMocap, "quat[a:b].T", "quat[a:b - 1].T"), "clip_0: quaternion: shape [4 5], expected 6 columns"},
		"walker unfinished": {strings.ReplaceAll(writeMocap, `w["joints"]`, `w["jaws"]`), `clip_0: no "joints"`},
	}
}

// TestHDF5SurvivesDamage flips bytes of a file and cuts it all over: it
// is read or refused, and no size in it is believed.
func TestHDF5SurvivesDamage(t *testing.T) {
	for _, name := range []string{"published clips", "dm_control"} {
		good := h5py(t, name)
		step := max(1, len(good)/150)
		for i := 0; i < len(good); i += step {
			for _, flip := range []byte{1, 0xff} {
				bad := bytes.Clone(good)
				bad[i] ^= flip
				ReadHDF5(bad, "bad.h5")
			}
			ReadHDF5(good[:i], "bad.h5")
		}
	}
}

func FuzzReadHDF5(f *testing.F) {
	for _, name := range []string{"published clips", "dm_control", "all_clips", "tracks"} {
		f.Add(h5py(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		clips, err := ReadHDF5(data, "f.h5")
		if err == nil {
			for _, c := range clips {
				if err := c.Validate(); err != nil {
					t.Fatalf("accepted, yet %v", err)
				}
			}
		}
		if isKeyPointHDF5(data) {
			ReadKeyPointsHDF5(data, "f.h5")
		}
	})
}
