// Package mjx tests the trainer for GPUs, which is Python, on a CPU: what it sees
// and rewards against package train, and a small training run to its policy file.
package mjx

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// open gives the simulated robot of o, its model saved where Export wants it.
func open(t *testing.T, dir string, o sim.Options) (*sim.Robot, *sim.Kinematics) {
	t.Helper()
	o.Save = filepath.Join(dir, "model.xml")
	robot, err := sim.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(robot.Close)
	k := robot.Kinematics()
	t.Cleanup(k.Close)
	return robot, k
}

// export writes the task of learning clips into a folder.
func export(t *testing.T, dir string, robot *sim.Robot, k *sim.Kinematics, clips ...*motion.Clip) {
	t.Helper()
	exportTask(t, dir, train.RatTask(), robot, k, clips...)
}

func exportTask(t *testing.T, dir string, task train.Task, robot *sim.Robot, k *sim.Kinematics, clips ...*motion.Clip) {
	t.Helper()
	refs, err := train.References(robot.Body(), k, clips)
	if err != nil {
		t.Fatal(err)
	}
	if err := train.Export(dir, task, "a test's", robot, refs); err != nil {
		t.Fatal(err)
	}
}

// rat exports two clips of the rat.
func rat(t *testing.T, o sim.Options) string {
	t.Helper()
	dir := t.TempDir()
	robot, k := open(t, dir, o)
	var clips []*motion.Clip
	for _, kind := range []motion.Kind{motion.Stand, motion.Walk} {
		clip, err := motion.Synthesize(k, robot.Body(), motion.RandomSpec(kind, 1))
		if err != nil {
			t.Fatal(err)
		}
		clips = append(clips, clip)
	}
	export(t, dir, robot, k, clips...)
	return dir
}

// balancer exports standing still for two seconds on one foot.
func balancer(t *testing.T) (string, *sim.Robot) {
	t.Helper()
	return balancerOf(t, train.RatTask())
}

func balancerOf(t *testing.T, task train.Task) (string, *sim.Robot) {
	t.Helper()
	dir := t.TempDir()
	robot, k := open(t, dir, sim.Options{Model: "../testdata/balancer.xml"})
	clip := &motion.Clip{Name: "upright", Rate: 50, Joints: []string{"ankle"}}
	for range 100 {
		clip.Poses = append(clip.Poses, motion.Pose{Pos: [3]float64{0, 0, 0.32}, Quat: [4]float64{1, 0, 0, 0}, Q: []float64{0}})
		clip.Twists = append(clip.Twists, motion.Twist{Qd: []float64{0}})
	}
	exportTask(t, dir, task, robot, k, clip)
	return dir, robot
}

// quadruped exports crouching for two seconds, and the ranges that robots are drawn from.
func quadruped(t *testing.T) (string, *sim.Robot) {
	t.Helper()
	return crouching(t, 100)
}

func crouching(t *testing.T, frames int) (string, *sim.Robot) {
	t.Helper()
	dir := t.TempDir()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	robot, k := open(t, dir, sim.Options{Profile: p})
	b := robot.Body()
	crouch := motion.Pose{Quat: [4]float64{1, 0, 0, 0}}
	for _, q := range b.Stand {
		crouch.Q = append(crouch.Q, 1.3*q)
	}
	k.SetPose(crouch.Pos, crouch.Quat, crouch.Q)
	foot, _ := k.BodyID(b.Feet[0])
	crouch.Pos[2] = -k.LowestPoint(foot)
	clip := &motion.Clip{Name: "crouch", Rate: 50, Joints: k.JointNames()}
	for range frames {
		clip.Poses = append(clip.Poses, crouch)
		clip.Twists = append(clip.Twists, motion.Twist{Qd: make([]float64, len(b.Joints))})
	}
	exportTask(t, dir, train.QuadrupedTask(), robot, k, clip)
	ranges, err := yaml.Marshal(sim.DefaultRanges())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "robots.yaml"), ranges, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, robot
}

// python makes the command that runs one of this folder's programs.
func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	const interpreter = "../../../.deps/venv-mjx/bin/python"
	if _, err := os.Stat(interpreter); err != nil {
		t.Fatalf("JAX and MJX are missing; make test installs them: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), interpreter, args...)
	// What runs for a second need not be compiled for long.
	cmd.Env = append(os.Environ(), "JAX_PLATFORMS=cpu", "XLA_FLAGS=--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")
	return cmd
}

// run runs a program and returns what it printed and its exit status.
func run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, err := python(t, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	if exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

func TestBothTrainersSeeAndRewardTheSame(t *testing.T) {
	t.Parallel()
	for _, o := range []sim.Options{{}, {Torque: true}} {
		out, status := run(t, "parity.py", rat(t, o), "--physics", "mujoco", "--contacts", "all", "--iterations", "100")
		t.Logf("torque %v:\n%s", o.Torque, out)
		if status != 0 || strings.Count(out, "64 steps") != 2 {
			t.Errorf("torque %v: status %d, want both differences printed and within 1e-4", o.Torque, status)
		}
	}
}

func TestBothTrainersSeeAndRewardAQuadrupedTheSame(t *testing.T) {
	t.Parallel()
	dir, _ := quadruped(t)
	out, status := run(t, "parity.py", dir)
	t.Logf("quadruped:\n%s", out)
	if status != 0 || strings.Count(out, "64 steps") != 2 {
		t.Errorf("status %d, want both differences printed and within 1e-4", status)
	}
}

func TestParityTellsAChangedReward(t *testing.T) {
	t.Parallel()
	dir, _ := balancer(t)
	out, status := run(t, "parity.py", dir, "--physics", "jax")
	t.Logf("balancer:\n%s", out)
	if status != 0 {
		t.Fatalf("status %d before anything changed", status)
	}
	path := filepath.Join(dir, "task.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte("command_change: 0.01"), []byte("command_change: 0.02"), 1)
	if bytes.Equal(changed, text) {
		t.Fatal("task.yaml has no command_change of 0.01")
	}
	if err := os.WriteFile(path, changed, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, status := run(t, "parity.py", dir); status != 1 {
		t.Errorf("with another reward parity.py ends with status %d, want 1:\n%s", status, out)
	}
}

// small are the flags of a run that takes seconds.
func small(dir, out string, more ...string) []string {
	return append([]string{
		"train.py", dir, "--out", out, "--envs", "16", "--horizon", "8", "--minibatches", "2", "--epochs", "2", "--latent", "4",
		"--encoder", "16", "--decoder", "16", "--critic", "16", "--checkpoint-s", "0",
	}, more...)
}

// killed starts a training that takes long, and kills it once it has kept something.
func killed(t *testing.T, args []string, checkpoint string) {
	t.Helper()
	cmd := python(t, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if _, err := os.Stat(checkpoint); err == nil {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v\n%s", err, &out)
		case <-time.After(50 * time.Millisecond):
		}
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
}

func TestAKilledRunGoesOnToAPolicyThatGoReads(t *testing.T) {
	for name, args := range map[string]func(dir, out string, more ...string) []string{"by reward": small, "through a model": short} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			goesOn(t, args)
		})
	}
}

// goesOn kills a run of args and starts it again, also with a checkpoint that is of
// no use to it.
func goesOn(t *testing.T, args func(dir, out string, more ...string) []string) {
	dir, robot := balancer(t)
	out := filepath.Join(t.TempDir(), "out")
	checkpoint := filepath.Join(out, "checkpoint.npz")
	killed(t, args(dir, out, "--transitions", "1e6"), checkpoint)
	// What a run wrote after its last checkpoint is lost with it.
	log := filepath.Join(out, "metrics.csv")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, append(text, "99999999,1\r\n77"...), 0o644); err != nil {
		t.Fatal(err)
	}

	said, status := run(t, args(dir, out, "--transitions", "1")...)
	last := 0
	for _, line := range metrics(t, out)[1:] {
		at, err := strconv.Atoi(line[0])
		if err != nil || at <= last || at > 1e6 {
			t.Errorf("metrics.csv has a line of %s transitions after one of %d", line[0], last)
		}
		last = at
	}
	if page, err := os.ReadFile(filepath.Join(out, "metrics.html")); err != nil || !strings.Contains(string(page), "<b>cost</b>") && !strings.Contains(string(page), "<b>reward</b>") || strings.Contains(string(page), "src=") {
		t.Errorf("no page of curves that needs nothing else: %v\n%.300s", err, page)
	}
	kept := regexp.MustCompile(`goes on from (\d+) transitions`).FindStringSubmatch(said)
	if status != 0 || kept == nil || kept[1] == "0" {
		t.Fatalf("status %d, want 0 and that it goes on from what was kept:\n%s", status, said)
	}
	f, err := policy.Load(filepath.Join(out, robot.Body().Name+".policy")) // checks the golden pairs
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(robot.Body()); err != nil {
		t.Error(err)
	}
	if f.Contract.Action.Residual || f.Contract.Training.Transitions == 0 {
		t.Errorf("residual %v after %d transitions, want false after some", f.Contract.Action.Residual, f.Contract.Training.Transitions)
	}

	whole, err := os.ReadFile(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(checkpoint, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if said, status := run(t, args(dir, out)...); status != 2 || !strings.Contains(said, "truncated or no checkpoint") {
		t.Errorf("half a checkpoint: status %d, want 2 and a word on it:\n%s", status, said)
	}
	if err := os.WriteFile(checkpoint, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if said, status := run(t, args(dir, out, "--seed", "2")...); status != 2 || !strings.Contains(said, "was made with seed 1, this run has 2") {
		t.Errorf("another run's checkpoint: status %d, want 2 and a word on it:\n%s", status, said)
	}
}
