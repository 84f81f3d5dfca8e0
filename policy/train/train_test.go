package train

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/policy"
)

// pushed starts w leaning forward at 0.3 rad/s and returns for how long tr keeps
// the root within 60 mm, s.
func pushed(t *testing.T, w World, tr *policy.Tracker) float64 {
	t.Helper()
	b, r := w.Body(), tr.Reference()
	s, cmd := controller.NewState(b), controller.NewCommand(b)
	truth := controller.Truth{Contacts: make([]bool, len(b.Feet))}
	root := r.Root(0)
	root.AngVel[1], root.Vel[0] = 0.3, 0.1
	w.Place(root, []float64{0}, []float64{-0.3})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	tr.Restart()
	for f := range r.Len() {
		if err := w.Read(&s); err != nil {
			t.Fatal(err)
		}
		w.Truth(&truth)
		if pos, _ := rootErrors(&truth.Root, r, f); pos > 0.06 {
			return float64(f) * b.Period.Seconds()
		}
		if err := tr.Act(&s, &cmd); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&cmd); err != nil {
			t.Fatal(err)
		}
	}
	return float64(r.Len()-1) * b.Period.Seconds()
}

func TestPPOLearnsToBalance(t *testing.T) {
	worlds, refs := balancers(t, 16)
	b := worlds[0].Body()
	c := quick()
	c.Transitions = 16 * 32 * 60
	trained, err := policy.NewTracker(b, learned(t, c, worlds, refs), refs[0])
	if err != nil {
		t.Fatal(err)
	}
	open, err := policy.OpenLoop(b, refs[0])
	if err != nil {
		t.Fatal(err)
	}
	before, after := pushed(t, worlds[0], open), pushed(t, worlds[0], trained)
	t.Logf("after a push the balancer stands for %.2f s open loop, %.2f s trained", before, after)
	if before > 1 || after < 1.9 {
		t.Errorf("after a push it stands for %.2f s open loop and %.2f s trained, want below 1 s and all of 1.98 s", before, after)
	}
}

// learn trains on fresh worlds and returns the network.
func learn(t *testing.T, c Config) policy.Network {
	t.Helper()
	worlds, refs := balancers(t, 16)
	if err := Run(context.Background(), c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	f, err := policy.Load(c.Policy)
	if err != nil {
		t.Fatal(err)
	}
	return f.Network
}

func TestAResumedRunRepeatsAnUninterruptedOne(t *testing.T) {
	dir := t.TempDir()
	whole := quick()
	whole.Transitions = 16 * 32 * resetEvery * 2
	whole.NoiseEnd = whole.NoiseStart // the schedule looks at Transitions, which half the run has fewer of
	whole.Policy = filepath.Join(dir, "whole.policy")
	want := learn(t, whole)
	half := whole
	half.Transitions /= 2
	half.Policy, half.Checkpoint = filepath.Join(dir, "half.policy"), filepath.Join(dir, "half.ckpt")
	if reflect.DeepEqual(learn(t, half), want) {
		t.Fatal("half a run gives the same policy as a whole one")
	}
	rest := half
	rest.Transitions = whole.Transitions
	if !reflect.DeepEqual(learn(t, rest), want) {
		t.Error("a resumed run gives another policy than an uninterrupted one")
	}
	f, err := policy.Load(half.Policy)
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Split(f.Contract.Training.Notes, "\n"); len(notes) != 2 || !strings.HasPrefix(notes[1], "from 8192 transitions: ") {
		t.Errorf("the file tells of these stages, want two, the second from 8192 transitions: %q", notes)
	}
}

func TestSeedsDecide(t *testing.T) {
	c := quick()
	c.Policy = filepath.Join(t.TempDir(), "a.policy")
	a := learn(t, c)
	if !reflect.DeepEqual(a, learn(t, c)) {
		t.Error("the same seed gives another policy")
	}
	c.Seed = 2
	if reflect.DeepEqual(a, learn(t, c)) {
		t.Error("another seed gives the same policy")
	}
}

func TestCheckpointsDoNotChangeWhatIsLearned(t *testing.T) {
	dir := t.TempDir()
	c := quick()
	c.Policy = filepath.Join(dir, "a.policy")
	want := learn(t, c)
	c.Checkpoint, c.Every = filepath.Join(dir, "a.ckpt"), 0
	if !reflect.DeepEqual(learn(t, c), want) {
		t.Error("a run that takes a checkpoint after each update gives another policy than one that takes none")
	}
}

// A run that is cut short goes on from where it was when it last was time for a checkpoint,
// whichever update that was.
func TestCheckpointsAreTakenByTheClock(t *testing.T) {
	if every := NewConfig().Every; every > time.Minute {
		t.Errorf("a checkpoint every %v, want one a minute", every)
	}
	c := quick()
	c.Checkpoint = filepath.Join(t.TempDir(), "a.ckpt")
	for _, run := range []struct {
		every  time.Duration
		update int // of the checkpoint
	}{{time.Hour, 0}, {0, 3}} {
		worlds, refs := balancers(t, 16)
		worlds[3] = &poisoned{worlds[3], 3*c.Horizon + 1}
		c.Every = run.every
		if err := Run(context.Background(), c, worlds, refs); err == nil || !strings.Contains(err.Error(), "at update 3") {
			t.Fatalf("error %v, want one at update 3", err)
		}
		l, err := newLearner(&c, worlds, refs)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.resume(); err != nil {
			t.Fatal(err)
		}
		if l.s.Update != run.update {
			t.Errorf("cut short in update 3 with a checkpoint every %v, it goes on from update %d, want %d", run.every, l.s.Update, run.update)
		}
	}
}

// poisoned is a world whose reading turns into NaN after some steps.
type poisoned struct {
	World
	after int
}

func (p *poisoned) Truth(t *controller.Truth) {
	p.World.Truth(t)
	if p.after--; p.after < 0 {
		t.Root.Vel[0] = math.NaN()
	}
}

func TestNaNStopsAndKeepsTheCheckpoint(t *testing.T) {
	c := quick()
	dir := t.TempDir()
	c.Checkpoint, c.Policy = filepath.Join(dir, "a.ckpt"), filepath.Join(dir, "a.policy")
	learn(t, c)
	before, err := os.ReadFile(c.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	worlds, refs := balancers(t, 16)
	worlds[3] = &poisoned{worlds[3], 100}
	c.Transitions *= 3
	err = Run(context.Background(), c, worlds, refs)
	if err == nil || !strings.Contains(err.Error(), "reward is NaN") || !strings.Contains(err.Error(), "world 3; the last checkpoint is kept") {
		t.Errorf("error %v, want one that names the reward and world 3 and says that the checkpoint is kept", err)
	}
	after, err := os.ReadFile(c.Checkpoint)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the checkpoint changed (%v)", err)
	}
}

func TestANotFiniteGradientStops(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		t.Fatal(err)
	}
	l.s.Actor[3] = float32(math.Inf(1))
	if err := l.iterate(); err == nil || !strings.Contains(err.Error(), "train: ") {
		t.Errorf("error %v, want one that stops the run", err)
	}
}

// A killed process leaves a whole checkpoint: the test runs itself, kills it
// while it saves over and over, and goes on from what is there.
func TestKillLeavesALoadableCheckpoint(t *testing.T) {
	if dir := os.Getenv("WHISKER_TRAIN_UNTIL_KILLED"); dir != "" {
		c := quick()
		c.Transitions, c.Every = math.MaxInt64/2, 0
		c.Checkpoint, c.Metrics = filepath.Join(dir, "a.ckpt"), filepath.Join(dir, "a.csv")
		worlds, refs := balancers(t, 16)
		t.Fatal(Run(context.Background(), c, worlds, refs))
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run", "^TestKillLeavesALoadableCheckpoint$")
	child.Env = append(os.Environ(), "WHISKER_TRAIN_UNTIL_KILLED="+dir)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.ckpt")
	for range 15000 { // five minutes
		if _, err := os.Stat(path); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // reports the kill
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Checkpoint, c.Metrics = path, filepath.Join(dir, "a.csv")
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.resume(); err != nil {
		t.Fatal(err)
	}
	if l.s.Update == 0 {
		t.Error("the checkpoint is of no update")
	}
	var want []int
	for u := range l.s.Update + 2 {
		want = append(want, u+1)
	}
	c.Transitions = l.s.Transitions + 2*16*32
	if err := Run(context.Background(), c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf(t, c.Metrics); !slices.Equal(rows, want) {
		t.Errorf("rows of updates %v, want 1 to %d", rows, len(want))
	}
}

func TestDamagedOrForeignCheckpointsAreRefused(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Checkpoint = filepath.Join(t.TempDir(), "a.ckpt")
	if err := os.WriteFile(c.Checkpoint, []byte("no checkpoint"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), c, worlds, refs); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("error %v, want one on the damaged checkpoint", err)
	}
	if err := os.Remove(c.Checkpoint); err != nil {
		t.Fatal(err)
	}
	if err := Run(context.Background(), c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	c.Encoder = []int{16}
	if err := Run(context.Background(), c, worlds, refs); err == nil || !strings.Contains(err.Error(), "another network") {
		t.Errorf("error %v, want one on the other network", err)
	}
}

func TestCancelSavesAndReturns(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Transitions = math.MaxInt64 / 2
	c.Policy = filepath.Join(t.TempDir(), "a.policy")
	ctx, stop := context.WithCancel(context.Background())
	c.Progress = func(line string) {
		if !strings.Contains(line, "transitions") || !strings.Contains(line, "left") {
			t.Errorf("progress line %q", line)
		}
		stop()
	}
	c.Metrics = filepath.Join(t.TempDir(), "a.csv")
	if err := Run(ctx, c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Load(c.Policy); err != nil {
		t.Error(err)
	}
	csv, err := os.ReadFile(c.Metrics)
	if err != nil || strings.Count(string(csv), "\n") < 2 || strings.Contains(string(csv), "NaN") {
		t.Errorf("metrics (%v):\n%s", err, csv)
	}
}

func TestConfigIsChecked(t *testing.T) {
	worlds, refs := balancers(t, 3)
	for want, edit := range map[string]func(c *Config){
		"3 worlds cannot be dealt to 2 workers": func(c *Config) { c.Workers = 2 },
		"minibatch 100 for 1 workers":           func(c *Config) { c.Workers, c.Minibatch, c.Epochs = 1, 100, 0 },
		"no multiple of minibatch":              func(c *Config) { c.Workers, c.Minibatch = 1, 100 },
		"gamma below 1":                         func(c *Config) { c.Workers, c.Minibatch, c.Gamma = 1, 96, 1 },
	} {
		c := quick()
		edit(&c)
		if err := Run(context.Background(), c, worlds, refs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
