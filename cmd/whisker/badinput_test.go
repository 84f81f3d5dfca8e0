package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"whisker/policy/onnx"
)

// converted is a shipped clip as CSV.
func converted(t *testing.T, clip string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), clip+".csv")
	ok(t, "clip", "convert", clip, "--out", path)
	return content(t, path)
}

// swap replaces what must be there.
func swap(t *testing.T, text, old, by string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("no %q to replace", old)
	}
	return strings.Replace(text, old, by, 1)
}

// onLine changes one line of a text, the first being 1.
func onLine(text string, line int, change func(string) string) string {
	rows := strings.Split(text, "\n")
	rows[line-1] = change(rows[line-1])
	return strings.Join(rows, "\n")
}

// field replaces one comma-separated value, the first being 1.
func field(n int, by string) func(string) string {
	return func(row string) string {
		f := strings.Split(row, ",")
		f[n-1] = by
		return strings.Join(f, ",")
	}
}

// A run with anything wrong in it says what in one line, has exit status 2, and
// leaves the results of an older run as they were.
func refusedRun(t *testing.T, want []string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	rec, result := filepath.Join(dir, "r.mcap"), filepath.Join(dir, "r.json")
	for _, path := range []string{rec, result} {
		if err := os.WriteFile(path, []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, whisker(append([]string{"run", "--pace", "lockstep", "--record", rec, "--json", result}, args...)...), want...)
	if content(t, rec) != "older" || content(t, result) != "older" {
		t.Error("an older file was overwritten")
	}
	if names := listed(t, dir); !slices.Equal(names, []string{"r.json", "r.mcap"}) {
		t.Errorf("left behind: %v", names)
	}
}

func TestBadClips(t *testing.T) {
	good := converted(t, "stand")
	play(t, "--clip", file(t, "good.csv", good), "--seconds", "0.1") // what follows is refused for its one fault
	npz := filepath.Join(t.TempDir(), "good.npz")
	ok(t, "clip", "convert", "stand", "--out", npz)
	archive, hdf5 := content(t, npz), mocap(t)
	play(t, "--clip", file(t, "good.h5", hdf5), "--seconds", "0.1")
	for _, c := range []struct{ name, what, text, want string }{
		{"column.csv", "missing root column", swap(t, good, "root_qw", "root_w"), ":1: no column \"root_qw\""},
		{"joint.csv", "misspelt joint", swap(t, good, "knee_L", "kneee_L"), "missing joint knee_L; unknown joint kneee_L"},
		{"nan.csv", "NaN", onLine(good, 5, field(4, "NaN")), ":5: column root_z: \"NaN\", expected a finite number"},
		{"rate.csv", "a gap in time", onLine(good, 100, field(1, "1.9")), ":100: column t: "},
		{"short.csv", "cut off within a row", good[:len(good)/2], "fields, expected 75"},
		{"empty.csv", "nothing", "", "expected at least 5 under a header line"},
		{"cut.npz", "truncated NPZ", archive[:len(archive)/2], "expected an NPZ archive"},
		{"bits.npz", "corrupt NPZ", spoilt(archive), "bits.npz"},
		{"cut.h5", "truncated HDF5", hdf5[:len(hdf5)/2], "truncated HDF5"},
		{"head.h5", "corrupt HDF5", hdf5[:8] + strings.Repeat("\x00", 500), "HDF5"},
	} {
		t.Run(c.what, func(t *testing.T) { refusedRun(t, []string{c.name, c.want}, "--clip", file(t, c.name, c.text)) })
	}
	t.Run("absent", func(t *testing.T) { refusedRun(t, []string{"absent.csv"}, "--clip", "absent.csv") })
	t.Run("empty glob", func(t *testing.T) { refusedRun(t, []string{"absent-*", "no file"}, "--clip", "absent-*") })
	t.Run("start after its end", func(t *testing.T) {
		refusedRun(t, []string{"start_frame is 250", "0 to 249"}, "--clip", "stand", "--start-frame", "250")
	})
}

// spoilt flips bits in the middle.
func spoilt(s string) string {
	b := []byte(s)
	for i := len(b) / 2; i < len(b)/2+64; i++ {
		b[i] ^= 0xff
	}
	return string(b)
}

// mocap is a standing clip as h5py writes it, in the schema of dm_control's
// motion capture.
func mocap(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	csv, out := file(t, "stand.csv", converted(t, "stand")), filepath.Join(dir, "stand.h5")
	script := `
import csv, h5py, numpy as np, sys
rows = list(csv.reader(open(sys.argv[1])))
x = np.array(rows[1:], float)
with h5py.File(sys.argv[2], "w") as f:
    w = f.create_group("stand/walkers/walker_0")
    f["stand"].attrs["dt"] = 0.02
    f["stand"].attrs["num_steps"] = len(x)
    w["position"], w["quaternion"], w["joints"] = x[:, 1:4].T, x[:, 4:8].T, x[:, 8:].T
`
	if msg, err := exec.CommandContext(t.Context(), "../../.deps/venv/bin/python", "-c", script, csv, out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	return content(t, out)
}

func TestBadScenarios(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"unknown key", "clips: [stand]\nspeeed: 3\n", `[2:1] unknown field "speeed"`},
		{"unknown key below", "clips: [stand]\nphysics:\n  timestep: 2\n", `[3:3] unknown field "timestep"`},
		{"wrong type", "clips: [stand]\nseconds: soon\n", "[2:10]"},
		{"no YAML", "clips: [stand\n", "[1:"},
		{"empty", "", "empty"},
		{"period no multiple of the step", "clips: [stand]\nphysics: {timestep_ms: 3}\n", "no whole multiple"},
		{"period of another policy", "clips: [stand]\nphysics: {period_ms: 40}\n", "period"},
	} {
		t.Run(c.what, func(t *testing.T) { refusedRun(t, []string{c.want}, "--scenario", file(t, "s.yaml", c.text)) })
	}
}

func TestBadModelsAndPolicies(t *testing.T) {
	stand := []string{"--clip", "stand"}
	with := func(flags ...string) []string { return append(flags, stand...) }
	shipped := content(t, "../../policy/rat.policy")
	pendulum := "../../sim/testdata/pendulum.xml"
	for _, c := range []struct {
		what string
		want []string
		args []string
	}{
		{"absent model", []string{"absent.xml"}, with("--model", "absent.xml")},
		{"model that is no XML", []string{"m.xml"}, with("--model", file(t, "m.xml", "no model"))},
		{"policy for another body", []string{"joint"}, with("--model", pendulum)},
		{"model without the clip's joints", []string{"joint", "clip stand"}, with("--model", pendulum, "--policy", "none")},
		{"policy for other drives", []string{"torque", "position"}, with("--torque", "--policy", "../../policy/rat.policy")},
		{"absent policy", []string{"absent.policy"}, with("--policy", "absent.policy")},
		{"truncated policy", []string{"cut.policy", "truncated"}, with("--policy", file(t, "cut.policy", shipped[:len(shipped)/2]))},
		{"corrupt policy", []string{"bits.policy", "checksum"}, with("--policy", file(t, "bits.policy", spoilt(shipped)))},
		{"no policy", []string{"s.csv", "WHISKPOL"}, with("--policy", file(t, "s.csv", "t,root_x\n"))},
	} {
		t.Run(c.what, func(t *testing.T) { refusedRun(t, c.want, c.args...) })
	}
}

func TestBadONNX(t *testing.T) {
	b := onnx.NewBuilder("good")
	b.Output(b.Node("Tanh", "n", []string{b.Node("MatMul", "m", []string{b.Input("x", 1, 3), b.Tensor("w", make([]float32, 6), 3, 2)})}))
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	if o := ok(t, "policy", "info", file(t, "good.onnx", good)); !strings.Contains(o.out, "input x   [1 3]") {
		t.Errorf("%s", o.out)
	}
	for _, c := range []struct{ what, text, want string }{
		{"truncated", good[:len(good)/2], "truncated or corrupt"},
		{"unknown operator", swap(t, good, "Tanh", "Sinh"), `node "n" (Sinh): this operator is not supported`},
		{"shapes that do not fit", swap(t, good, "\x08\x03\x08\x02", "\x08\x02\x08\x03"), "do not fit"},
		{"no ONNX", "once upon a time", "expected an ONNX model"},
	} {
		t.Run(c.what, func(t *testing.T) {
			refused(t, whisker("policy", "info", file(t, "bad.onnx", c.text)), "bad.onnx", c.want)
		})
	}
}

func TestBadRecordings(t *testing.T) {
	rec := filepath.Join(t.TempDir(), "good.mcap")
	play(t, "--clip", "stand", "--seconds", "2", "--record", rec)
	good := content(t, rec)
	for _, c := range []struct{ what, text, want string }{
		{"truncated", good[:len(good)*3/4], "offset"},
		{"corrupt", spoilt(good), "offset"},
		{"none", "once upon a time", "no MCAP file"},
	} {
		t.Run(c.what, func(t *testing.T) {
			path := file(t, "bad.mcap", c.text)
			refused(t, whisker("replay", path), path, c.want)
			if content(t, path) != c.text {
				t.Error("looking at the recording changed it")
			}
		})
	}
	t.Run("mended", func(t *testing.T) {
		path := file(t, "bad.mcap", good[:len(good)*3/4])
		o, kept := ok(t, "record", "repair", path), 0
		if _, err := fmt.Sscanf(o.out, path+": kept %d ticks", &kept); err != nil || kept < 25 || kept >= 100 {
			t.Errorf("%s: %v; want a good part of 100 ticks kept", o.out, err)
		}
		ok(t, "replay", path)
	})
	t.Run("without a tick", func(t *testing.T) {
		path := file(t, "bad.mcap", good[:len(good)/8])
		ok(t, "record", "repair", path)
		refused(t, whisker("replay", path), path, "no tick")
	})
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refusedRun(t, []string{l.Addr().String(), "in use"}, "--clip", "stand", "--view", l.Addr().String())
	refusedRun(t, []string{"0.0.0.0:0", "token"}, "--clip", "stand", "--view", "0.0.0.0:0")
}

// A film that cannot be taken is no run.
func TestBadFilms(t *testing.T) {
	film := filepath.Join(t.TempDir(), "film.mp4")
	refusedRun(t, []string{"film.gif", ".mp4"}, "--clip", "stand", "--video", "film.gif")
	refusedRun(t, []string{"pace is realtime", "lockstep"}, "--clip", "stand", "--video", film, "--pace", "realtime")
	t.Setenv("CHROMIUM", filepath.Join(t.TempDir(), "absent"))
	refusedRun(t, []string{"apt-get install chromium"}, "--clip", "stand", "--video", film)
	if _, err := os.Stat(film); err == nil {
		t.Error("a film was made")
	}
}

func TestPlacesThatCannotBeWritten(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent", "x")
	for _, args := range [][]string{
		{"run", "--pace", "lockstep", "--clip", "stand", "--json", absent},
		{"clip", "plot", "stand", "--out", absent},
		{"policy", "export", "--out", absent},
		{"policy", "info", "--json", absent},
		{"clip", "convert", "stand", "--out", absent + ".csv"},
		{"hil", "campaign", "../../hil/campaign/plans/air.yaml", "--out", t.TempDir(), "--json", absent},
		{"hil", "soak", "../../hil/campaign/plans/soak.yaml", "--json", absent},
	} {
		refused(t, whisker(args...), absent)
	}
	refused(t, whisker("run", "--pace", "lockstep", "--clip", "stand", "--record", "/dev/full"), "/dev/full", "no space left")
}

// What a file held is lost to no failed command: not to a full disk, not to a
// clip that cannot be read.
func TestOlderFilesSurvive(t *testing.T) {
	for _, c := range []struct{ name, args string }{
		{"x.csv", "clip convert stand --out"},
		{"x.npz", "clip convert stand --out"},
		{"x.svg", "clip plot stand --out"},
		{"x.onnx", "policy export --out"},
		{"x.json", "clip info stand --json"},
		{"x.csv", "clip convert absent.csv --out"},
	} {
		path := file(t, c.name, "older")
		var errs bytes.Buffer
		cmd := program(t, "ulimit -f 0", append(strings.Fields(c.args), path)...)
		cmd.Stderr = &errs
		if err := cmd.Run(); err == nil || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%s: %v, want a failure and one line\n%s", c.args, err, errs.String())
		}
		if got := content(t, path); got != "older" || len(listed(t, filepath.Dir(path))) != 1 {
			t.Errorf("%s: the file now has %.20q; the folder %v", c.args, got, listed(t, filepath.Dir(path)))
		}
	}
}

// The disk fills up while a run is recorded: the robot goes on, the result is
// printed, what was recorded can be read, and the exit status tells.
func TestDiskFullWhileRecording(t *testing.T) {
	rec := filepath.Join(t.TempDir(), "r.mcap")
	// Blocks of 512 bytes; a second of the rat takes about 350 kB.
	cmd := program(t, "ulimit -f 1000", "run", "--pace", "lockstep", "--clip", "stand", "--record", rec, "--json", "-")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != exitFault || !strings.Contains(errs.String(), rec) || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("%v, want exit status %d and one line with %s\n%s", err, exitFault, rec, errs.String())
	}
	if r := parse(t, out.String()); len(r.Clips) != 1 || !r.Clips[0].Completed {
		t.Errorf("%+v, want a clip that was played to its end", r.Clips)
	}
	var ticks int
	for row := range strings.Lines(ok(t, "record", "info", rec).out) {
		_, _ = fmt.Sscanf(row, "/sample %d", &ticks)
	}
	if ticks < 25 || ticks >= 250 {
		t.Errorf("%d ticks were saved, want a part of 250", ticks)
	}
	ok(t, "replay", rec)
}
