package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"whisker/policy/motion"
)

// asWhisker makes the test binary be the program, for what needs a process of
// its own: a signal, a limit of the system.
const asWhisker = "TEST_BINARY_IS_WHISKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWhisker) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program is the command that runs whisker in a process of its own, under a
// shell line such as `ulimit -f 100`.
func program(t *testing.T, shell string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", shell + `; exec "$0" "$@"`, self}, args...)...)
	cmd.Env = append(os.Environ(), asWhisker+"=1")
	return cmd
}

// outcome is what a user sees of a command.
type outcome struct {
	status    int
	out, errs string
}

func whisker(args ...string) outcome {
	var out, errs bytes.Buffer
	status := run(args, &out, &errs)
	return outcome{status, out.String(), errs.String()}
}

// ok runs a command that must end well.
func ok(t *testing.T, args ...string) outcome {
	t.Helper()
	o := whisker(args...)
	if o.status != exitDone {
		t.Fatalf("whisker %s: exit status %d\n%s", strings.Join(args, " "), o.status, o.errs)
	}
	return o
}

// report is the JSON of `whisker run`.
type report struct {
	Clips []struct {
		Clip       string  `json:"clip"`
		Controller string  `json:"controller"`
		Frames     int     `json:"frames"`
		Completed  bool    `json:"completed"`
		Survival   float64 `json:"survival_s"`
		RootErr    float64 `json:"root_err_mm"`
		Fault      string  `json:"fault"`
	} `json:"clips"`
	Loop struct {
		Ticks    int     `json:"ticks"`
		PeriodUs float64 `json:"period_us"`
	} `json:"loop"`
	PeakRSS float64 `json:"peak_rss_mb"`
}

// play is `whisker run` in lockstep, read back from its JSON.
func play(t *testing.T, args ...string) (r report) {
	t.Helper()
	return parse(t, ok(t, append([]string{"run", "--pace", "lockstep", "--json", "-"}, args...)...).out)
}

// parse takes one JSON object and nothing else.
func parse(t *testing.T, out string) (r report) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(out))
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if d.More() {
		t.Errorf("standard output goes on after the object:\n%s", out)
	}
	return r
}

// file writes text into a new folder.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// listed are the names in a folder.
func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

func TestHelpIsNoError(t *testing.T) {
	if o := whisker("--help"); o.status != exitDone || !strings.Contains(o.out, "doctor") || o.errs != "" {
		t.Errorf("%+v", o)
	}
	o := ok(t, "run", "--help")
	for _, flag := range strings.Fields("--scenario --robot --model --policy --clip --pace --start-frame --seconds --seed --record --record-activations --view --json --baseline") {
		if !strings.Contains(o.out, flag+"=") && !strings.Contains(o.out, flag+" ") {
			t.Errorf("no %s in\n%s", flag, o.out)
		}
	}
}

func TestHelpNamesAllKindsOfClips(t *testing.T) {
	for _, command := range [][]string{{"clip", "--help"}, {"clip", "synthesize", "--help"}} {
		help := strings.Join(strings.Fields(ok(t, command...).out), " ")
		for _, kind := range motion.Kinds() {
			if !regexp.MustCompile(`\b` + string(kind) + `\b`).MatchString(help) {
				t.Errorf("whisker %s names no %s:\n%s", strings.Join(command, " "), kind, help)
			}
		}
	}
}

func TestUsageErrorsAreOneLine(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "run"},
		{"walk", "walk"},
		{"run --clip stand --speed 3", "--speed"},
		{"run --clip stand --pace fast", "realtime"},
		{"run --clip stand --seconds soon", "--seconds"},
		{"run --clip stand --start-frame=-1", "start_frame"},
		{"run --clip stand --seconds=-1", "seconds"},
		{"run --clip stand --seconds=NaN", "seconds"},
		{"run", "clip"},
		{"calibrate --robot quadruped", "PROFILE@serial:DEVICE"},
		{"calibrate --robot absent.yaml@serial:/dev/absent", "absent.yaml"},
		{"doctor --robot mule", "mule"},
		{"doctor --clear tilt", "--robot"},
		{"replay absent.mcap", "absent.mcap"},
		{"clip synthesize gallop --out x.csv", "trot"},
		{"clip convert stand --out x.txt", ".npz"},
		{"policy check absent.policy", "absent.policy"},
		{"policy check ../../policy/quadruped.policy --robot rat", "FR_hip_joint"},
		{"policy check --robot mule", "mule"},
		{"evaluate --policy walk.onnx --clip stand", "whisker run --policy walk.onnx --goal"},
	} {
		t.Run(c.args, func(t *testing.T) { refused(t, whisker(strings.Fields(c.args)...), c.want) })
	}
}

// refused checks for exit status 2, nothing on standard output, and one line of
// error that holds all of want.
func refused(t *testing.T, o outcome, want ...string) {
	t.Helper()
	if o.status != exitUsage || o.out != "" {
		t.Errorf("exit status %d, standard output %q; want %d and nothing", o.status, o.out, exitUsage)
	}
	if !strings.HasPrefix(o.errs, "whisker: ") || strings.Count(o.errs, "\n") != 1 {
		t.Errorf("want one line that begins with whisker:, got\n%s", o.errs)
	}
	for _, w := range want {
		if !strings.Contains(o.errs, w) {
			t.Errorf("no %q in %s", w, o.errs)
		}
	}
}
