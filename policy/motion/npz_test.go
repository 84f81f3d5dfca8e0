package motion

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func npzBytes(t testing.TB, c *Clip) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteNPZ(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNPZRoundTrip(t *testing.T) {
	c := busy(20)
	c.Rate = 100
	c.Differentiate()
	back, err := ReadNPZ(npzBytes(t, c), "dir/x.npz")
	if err != nil {
		t.Fatal(err)
	}
	if d := clipDistance(back, c); d > 1e-12 || back.Len() != 20 || back.Rate != 100 || strings.Join(back.Joints, " ") != "knee_L knee_R" || back.Name != "x" {
		t.Errorf("%s came back with %d frames at %g Hz, joints %v, %g away", back.Name, back.Len(), back.Rate, back.Joints, d)
	}
}

// runPython runs a script in the project's Python, which has numpy and h5py.
func runPython(script string, args ...string) (string, error) {
	out, err := exec.Command("../../.deps/venv/bin/python", append([]string{"-c", script}, args...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("python, which `make test` installs: %w", err)
	}
	return strings.TrimSpace(string(out)), err
}

func python(t *testing.T, script string, args ...string) string {
	t.Helper()
	out, err := runPython(script, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

func TestNPZOfNumpy(t *testing.T) {
	dir := t.TempDir()
	python(t, `
import numpy, sys
q = numpy.arange(6*9).reshape(6, 9) * 0.01; q[:, 3:7] = [0, 1, 0, 0]
for save in "savez", "savez_compressed":
    for kind in "float64", "float32":
        getattr(numpy, save)(sys.argv[1] + "/" + save + kind + ".npz", rate=50.0, joints=numpy.array(["knee_L", "knee_R"]), qpos=q.astype(kind))`, dir)
	files, err := filepath.Glob(dir + "/*.npz")
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		clips, err := ReadFile(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := clips[0]
		if q := c.Poses[2].Q[1]; c.Rate != 50 || c.Len() != 6 || c.Joints[1] != "knee_R" || q < 0.2599999 || q > 0.2600001 {
			t.Errorf("%s: %d frames at %g Hz, joints %v, angle %g; want 6 at 50, 0.26", file, c.Len(), c.Rate, c.Joints, q)
		}
	}
}

func TestNumpyReadsNPZ(t *testing.T) {
	c := busy(20)
	file := filepath.Join(t.TempDir(), "ours.npz")
	if err := WriteFile(file, c); err != nil {
		t.Fatal(err)
	}
	got := python(t, `
import numpy, sys
z = numpy.load(sys.argv[1])
print(z["rate"], list(map(str, z["joints"])), z["qpos"].shape, "%.6f" % z["qpos"][7, 8])`, file)
	if want := fmt.Sprintf("[50.] ['knee_L', 'knee_R'] (20, 9) %.6f", c.Poses[7].Q[1]); got != want {
		t.Errorf("numpy reads %s, want %s", got, want)
	}
}

// rezip packs arrays anew, with change applied to one of them.
func rezip(t *testing.T, data []byte, name string, change func([]byte) []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		body := b.Bytes()
		if f.Name == name {
			if body = change(body); body == nil {
				continue
			}
		}
		e, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		e.Write(body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadNPZErrors(t *testing.T) {
	good := npzBytes(t, busy(20))
	swap := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"truncated archive": {good[:len(good)/2], "expected an NPZ archive"},
		"empty":             {nil, "expected an NPZ archive"},
		"no qpos":           {rezip(t, good, "qpos.npy", func([]byte) []byte { return nil }), "array qpos: missing; expected rate, joints and qpos"},
		"truncated array":   {rezip(t, good, "qpos.npy", func(b []byte) []byte { return b[:len(b)-8] }), "array qpos: "},
		"huge shape":        {rezip(t, good, "qpos.npy", swap("(20, 9), }      ", "(20000000, 9), }")), "array qpos: truncated: 180000000 values announced"},
		"negative shape":    {rezip(t, good, "qpos.npy", swap("(20, 9), } ", "(20, -9), }")), "array qpos: shape [20 -9] is beyond reason"},
		"other shape":       {rezip(t, good, "qpos.npy", swap("(20, 9)", "(18,10)")), "array qpos: 10 columns, expected 7 and one for each of 2 joints"},
		"no header":         {rezip(t, good, "qpos.npy", func(b []byte) []byte { return b[:30] }), "array qpos: "},
		"column-major":      {rezip(t, good, "qpos.npy", swap("False", "True ")), "array qpos: "},
		"joints are floats": {rezip(t, good, "joints.npy", func([]byte) []byte { return npyOfRate(t, good) }), "array joints: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadNPZ(tc.data, "bad.npz")
			if err == nil || !strings.HasPrefix(err.Error(), "motion: bad.npz: ") || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, expected %q", err, tc.want)
			}
		})
	}
}

func npyOfRate(t *testing.T, data []byte) (rate []byte) {
	rezip(t, data, "rate.npy", func(b []byte) []byte { rate = b; return b })
	return rate
}

func FuzzReadNPZ(f *testing.F) {
	f.Add(npzBytes(f, busy(6)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ReadNPZ(data, "f.npz"); err == nil {
			if err := c.Validate(); err != nil {
				t.Fatalf("accepted, yet %v", err)
			}
		}
	})
}
