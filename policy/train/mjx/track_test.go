package mjx

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/train"
	"whisker/sim"
)

// short are the flags of a run of track.py that takes seconds.
func short(dir, out string, more ...string) []string {
	return append([]string{
		"track.py", dir, "--out", out, "--bodies", "16", "--threads", "1", "--first", "24", "--gather", "8", "--ahead", "8", "--world", "32,32",
		"--world-steps", "8", "--world-batch", "64", "--steps", "4", "--batch", "32", "--latent", "4", "--encoder", "16", "--decoder", "16", "--checkpoint-s", "0", "--average", "4",
	}, more...)
}

// printed runs a program that prints numbers, and reads them.
func printed(t *testing.T, program string, args []string, into ...any) {
	t.Helper()
	said, status := run(t, append([]string{"-c", program}, args...)...)
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	if _, err := fmt.Sscan(said, into...); err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
}

// metrics are the lines of metrics.csv, the titles first.
func metrics(t *testing.T, out string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(out, "metrics.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// column is the mean of a column of metrics.csv over some of its lines.
func column(t *testing.T, lines [][]string, name string, from, to int) float64 {
	t.Helper()
	for c, title := range lines[0] {
		if title != name {
			continue
		}
		sum := 0.0
		for _, line := range lines[1+from : 1+to] {
			v, err := strconv.ParseFloat(line[c], 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += v
		}
		return sum / float64(to-from)
	}
	t.Fatalf("metrics.csv has columns %v, want %s", lines[0], name)
	return 0
}

// A balancer that falls over under random weights stands after it has learned.
func TestAPolicyLearnsThroughAModelOfTheWorld(t *testing.T) {
	t.Parallel()
	dir, _ := balancer(t)
	out := filepath.Join(t.TempDir(), "out")
	said, status := run(t, short(dir, out, "--transitions", "8000", "--rate", "3e-3", "--noise", "0.2")...)
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	lines := metrics(t, out)
	n := len(lines) - 1
	before, after := column(t, lines, "cost", 0, n/10), column(t, lines, "cost", n-n/10, n)
	t.Logf("cost %.3f, then %.3f; survived %.2f, then %.2f", before, after, column(t, lines, "survived", 1, n/10), column(t, lines, "survived", n-n/10, n))
	if !(after < 0.5*before) || math.IsNaN(before) {
		t.Errorf("the cost was %.3f and is %.3f, want less than half", before, after)
	}
}

// Robots that differ from their model, with motors up to three periods late, learn to crouch as
// the clip does; a policy without training stands.
func TestAPolicyLearnsOnRobotsThatDiffer(t *testing.T) {
	t.Parallel()
	dir, robot := quadruped(t)
	out := filepath.Join(t.TempDir(), "out")
	said, status := run(t, short(dir, out, "--transitions", "16000", "--steps", "8", "--rate", "5e-4", "--world", "64,64", "--first", "100", "--world-steps", "24", "--ahead", "6")...)
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	lines := metrics(t, out)
	n := len(lines) - 1
	before, after := column(t, lines, "cost", 0, n/10), column(t, lines, "cost", n-n/10, n)
	t.Logf("cost %.3f, then %.3f; survived %.2f, then %.2f", before, after, column(t, lines, "survived", 1, n/10), column(t, lines, "survived", n-n/10, n))
	if !(after < 0.7*before) {
		t.Errorf("the cost was %.3f and is %.3f", before, after)
	}
	if _, err := policy.Load(filepath.Join(out, robot.Body().Name+".policy")); err != nil {
		t.Error(err)
	}
}

// A policy that has yet to learn stands, however deep the clip crouches; its normaliser still takes
// what robots see that crouch for nothing unusual.
func TestCrouchesAreNothingUnusual(t *testing.T) {
	t.Parallel()
	dir, _ := crouching(t, 600)
	var farthest float64
	printed(t, `
import sys
import numpy as np
from track import Trainer, arguments
argv = sys.argv[2:]
run = Trainer(arguments(argv), argv)
run.begin()
norm, seen = run.kept["norm"], []
for _ in range(50):
    run.bodies.begin(np.arange(run.a.bodies), run.lots)
    seen += run.live(1, run.kept)[1]
print(np.abs((np.concatenate(seen).mean(0) - norm["mean"]) / norm["std"]).max())
`, short(dir, t.TempDir(), "--first", "500", "--keep", "600", "--episode", "600"), &farthest)
	if farthest > 1 {
		t.Errorf("what a crouching robot sees is %.1f deviations off, want less than one", farthest)
	}
}

// Robots on a stand stay there to the end of their clips, and the model of the world knows it of them alone,
// whatever its network says.
func TestRobotsOnAStandStayThere(t *testing.T) {
	t.Parallel()
	dir, _ := quadruped(t)
	var hung, moved, foretold, bent float64
	var lost, elsewhere int
	printed(t, `
import sys
import jax
import jax.numpy as jnp
import numpy as np
from bodies import HUNG, Bodies
from task import Task
from track import STATE
from world import World
task = Task(sys.argv[1])
bodies, rng = Bodies(task, 2 * HUNG, 1, 100, 1, 1), np.random.default_rng(1)
bodies.begin(np.arange(2 * HUNG), rng)
bodies.clips["root_position"] = bodies.clips["root_position"] + np.linspace(0, 9, len(bodies.clips["row"]))[:, None]  # the clip goes away
first = bodies.state()
for _ in range(5):
    bodies.step(bodies.clips["actuators"][bodies.row] + rng.normal(0, 0.3, (2 * HUNG, task.model.nu)), rng)
last, hung = bodies.state(), bodies.hung
world = World(task, [8])
s = {k: jnp.asarray(last[k]) for k in STATE}
scales = dict(zip(("x", "dx", "y", "dy"), map(jnp.ones, np.repeat(world.sizes, 2))))
after = world.step(world.init(jax.random.PRNGKey(1)), scales, s, s["previous"] + 0.1)
far = lambda a, b: np.linalg.norm(np.asarray(a["root_position"]) - np.asarray(b["root_position"]), axis=1)
print(hung.sum(), far(last, first)[hung].max(), far(after, last)[hung].max(), abs(last["joints"] - first["joints"])[hung].max())
print(bodies.lost()[hung].sum(), (far(after, last)[~hung] > 1e-3).sum())
`, []string{dir}, &hung, &moved, &foretold, &bent, &lost, &elsewhere)
	if hung != 2 || moved > 1e-4 || bent < 0.02 || lost != 0 {
		t.Errorf("%.0f robots on stands moved their roots by %g m, joints by %g rad, %d lost; want 2 that only bend", hung, moved, bent, lost)
	}
	if foretold > 1e-4 || elsewhere < 20 {
		t.Errorf("the model moves robots on stands by %g m and %d others, want none and all of them", foretold, elsewhere)
	}
}

// Robots that are told the clip's own commands stand, and fall where they are kicked.
func TestKicksThrowBodiesDown(t *testing.T) {
	t.Parallel()
	dir, _ := quadruped(t)
	var still, kicked, lost, fell, ended, over, begun, thrown int
	printed(t, `
import sys
import numpy as np
from bodies import Bodies
from task import Task
task = Task(sys.argv[1])
for kick in 0, 2:
    bodies, rng = Bodies(task, 16, 1, 100, kick, 1), np.random.default_rng(1)
    bodies.begin(np.arange(16), rng)
    begun = 0
    for _ in range(100):
        bodies.step(bodies.clips["actuators"][bodies.row].astype(float), rng)
        begun += (bodies.begun & ~bodies.hung).sum()
    print(kick, sum(lost for _, lost in bodies.ended), len(bodies.ended), begun)
`, []string{dir}, &still, &lost, &ended, &begun, &kicked, &fell, &over, &thrown)
	if lost != 0 || fell < 10 {
		t.Errorf("%d robots fell standing, %d kicked by 2 m/s; want none and most of %d", lost, fell, over)
	}
	if begun != ended || thrown < over+16 { // 64 kicks are due
		t.Errorf("%d of %d stretches to learn from end without kicks, %d of %d with them; want one per episode and more", begun, ended, thrown, over)
	}
}

// A policy file has the mean of the latest weights, which follows them and wanders less than they do.
func TestAPolicyFileHasTheMeanOfTheLatestWeights(t *testing.T) {
	t.Parallel()
	dir, _ := balancer(t)
	var newest, mean, late float64
	printed(t, `
import sys
import numpy as np
import jax
from track import Trainer, arguments
argv = sys.argv[2:]
run = Trainer(arguments(argv), argv)
kept, rng = run.learner.fresh(None), np.random.default_rng(1)
of = lambda tree: float(jax.tree.leaves(tree)[0].ravel()[0])
newest, mean = [], []
for update in range(400):
    kept["params"] = jax.tree.map(lambda x: 0 * x + rng.standard_normal() + (update > 200), kept["params"])
    kept = run.learner.averaged(kept)
    kept["update"] += 1
    run.kept = kept
    newest.append(of(kept["params"]))
    mean.append(of(run.params()))
print(np.std(newest[100:200]), np.std(mean[100:200]), np.mean(mean[350:]))
`, short(dir, t.TempDir(), "--average", "30"), &newest, &mean, &late)
	if !(mean < 0.3*newest && math.Abs(late-1) < 0.5) {
		t.Errorf("weights of deviation %.2f have a mean of deviation %.2f; at about 1 it is %.2f", newest, mean, late)
	}
}

// How far quiet bodies get ahead of their clips is found in the clips' heading, and taken off what
// the policy is to reach; what noisy bodies do, or those that begin anew or hang, does not count.
func TestBodiesThatGoTooFarAreToGoLess(t *testing.T) {
	t.Parallel()
	dir, _ := quadruped(t)
	var ahead, left, same, slower, where float64
	printed(t, `
import sys
import jax
import jax.numpy as jnp
import numpy as np
from track import STATE, Trainer, arguments
from world import level, quaternion, turn
argv = sys.argv[2:]
run = Trainer(arguments(argv), argv)
learner, n, periods = run.learner, run.a.bodies, 16
clips = dict(run.task.clips)
about = jnp.zeros((len(clips["root_position"]), 3)).at[:, 2].set(2.0)
clips["root_orientation"] = quaternion(about)  # all clips head the same way, 2 rad off the world's
went = np.asarray(turn(level(clips["root_orientation"][:1]), jnp.array([[0.1, -0.05, 0.0]])))[0]
states = []
for i in range(periods):
    row, begun = np.full(n, 10 + i), np.zeros(n, bool)
    position = np.asarray(clips["root_position"])[row] + i * learner.dt * went
    position[n // 2:] += 0.3 * i  # those that have the most noise
    if i == 5:
        begun[0] = True
    position[0] += 0.5 * (i > 4)
    position[1] = np.asarray(clips["root_position"])[10]
    states.append({"row": row, "begun": begun, "hung": np.arange(n) == 1, "root_position": position})
speed, _ = learner.settling.astray(clips, states)
print(*speed.mean(0))
state = run.bodies.state()
s = {k: jnp.asarray(state[k]) for k in STATE}
row = jnp.full(n, 12)
s |= {k: clips[k][row] for k in ("root_position", "root_orientation", "root_velocity", "root_rotation_rate")} | {"joints": clips["joints"][row][:, run.task.seen]}
moved = s | {"root_position": s["root_position"] - 0.01 * went, "root_velocity": s["root_velocity"] - went}
cost = lambda s, slower: float(learner.cost(clips, s, row, s["previous"], -0.01 * slower, slower).mean())
print(cost(s, 0 * went), cost(moved, went), cost(s, went))
`, short(dir, t.TempDir()), &ahead, &left, &same, &slower, &where)
	if math.Abs(ahead-0.1) > 1e-3 || math.Abs(left+0.05) > 1e-3 {
		t.Errorf("bodies get %.3f m/s ahead and %.3f to the left, want 0.100 and -0.050", ahead, left)
	}
	if math.Abs(same-slower) > 1e-3 || where < same+0.1 {
		t.Errorf("on the clip costs %.3f; behind it where it is to be slower %.3f, on it then %.3f", same, slower, where)
	}
}

// With --shiver a command that shivers about the clip's own costs more, and one that changes as it does costs nothing, from a clip's first frame on.
func TestShiveringCosts(t *testing.T) {
	t.Parallel()
	dir, _ := quadruped(t)
	var motors, same, early, shivering float64
	printed(t, `
import sys
import jax.numpy as jnp
from track import STATE, Trainer, arguments
costs = []
for shiver in (0, 3):
    argv = [*sys.argv[2:], "--shiver", str(shiver)]
    run = Trainer(arguments(argv), argv)
    task, s = run.task, {k: jnp.asarray(v) for k, v in run.bodies.state().items() if k in STATE}
    n = len(s["previous"])
    first, later = jnp.full(n, 0), jnp.full(n, 10)
    cost = lambda row, command, before: float(run.learner.cost(task.clips, s | {"previous": command}, row + 1, before, 0, 0).mean())
    off = jnp.full(s["previous"].shape, 0.1)
    costs.append((
        cost(later, task.own(later) + off, task.own(later - 1) + off),
        cost(first, task.own(first) + off, task.before(first) + off),
        cost(later, task.own(later) + off, task.own(later - 1) - off),
    ))
print(s["previous"].shape[1], *(b - a for a, b in zip(*costs)))
`, short(dir, t.TempDir()), &motors, &same, &early, &shivering)
	if want := 3 * motors * 0.04; math.Abs(same) > 1e-3 || math.Abs(early) > 1e-3 || math.Abs(shivering-want) > 1e-2*want {
		t.Errorf("beside the clip's own command, from its first frame on, and shivering cost %.4f, %.4f and %.4f more, want 0, 0 and %.4f", same, early, shivering, want)
	}
}

// Bodies that go too far where they walk and not far enough where they stand are told apart by
// what the motions are, which one number for all could not.
func TestMotionsThatGoTooFarAreToldApart(t *testing.T) {
	t.Parallel()
	dir, _ := quadruped(t)
	var first, last, most float64
	printed(t, `
import sys
import jax.numpy as jnp
import numpy as np
from settle import FARTHEST, Settling
from track import Trainer, arguments
argv = sys.argv[2:]
run = Trainer(arguments(argv), argv)
clips, lots = run.task.clips, np.random.default_rng(1)
rows = np.arange(len(clips["root_position"]))
clips["root_velocity"] = jnp.zeros((len(rows), 3)).at[len(rows) // 2:, 0].set(0.5)  # it stands, then walks
settling = Settling(run.task, True)
manner = np.asarray(clips["manner"])
still = np.linalg.norm(np.asarray(clips["root_velocity"])[:, :2], axis=1) < 0.02
too_far = np.where(still[:, None], [-0.03, 0.0], [0.03, 0.01])  # m/s
drift = np.zeros((settling.manners, 2))
def left():
    off = np.linalg.norm(np.asarray(settling.slower(clips, jnp.asarray(drift, jnp.float32), jnp.asarray(rows))), axis=1)
    return np.sqrt(np.mean((np.clip(manner @ drift, -FARTHEST, FARTHEST) - too_far) ** 2)), off.max()
assert still.any() and not still.all()
print(left()[0])
for _ in range(200):
    at = lots.choice(rows, 64)
    speed = too_far[at] - manner[at] @ drift + lots.normal(0, 0.02, (64, 2))
    drift = settling.learned(drift, speed, manner[at])
print(*left())
`, short(dir, t.TempDir(), "--settle"), &first, &last, &most)
	if last > first/2 || most > 0.15 {
		t.Errorf("what is too far, by %.4f m/s, is known to %.4f m/s; at most %.3f is taken off", first, last, most)
	}
}

// The policy is shown references with smooth errors, and judged by those without.
func TestReferencesAreShownWithErrors(t *testing.T) {
	t.Parallel()
	dir, robot := quadruped(t)
	var body, stance, moved, turned, step, half float64
	printed(t, `
import sys
import jax
import jax.numpy as jnp
import numpy as np
from track import Trainer, arguments
argv = sys.argv[2:]
run = Trainer(arguments(argv), argv)
task, learner = run.task, run.learner
kept, n = learner.fresh(None), 2000
run.bodies.begin(np.arange(1), np.random.default_rng(1))
state = {k: jnp.asarray(np.repeat(v[:1], n, 0)) for k, v in run.bodies.state().items()}
row, quiet, key = jnp.full(n, 10), jnp.zeros((n, 1)), jax.random.PRNGKey(1)
def shown(share):
    place = jnp.stack([4.0 * jnp.arange(n), jnp.full(n, share)], 1)
    return np.asarray(learner.output(task, kept["params"], kept["norm"], state, row, key, quiet, place)[1])
body = sum(t["size"] for t in task.contract["observation"]["proprioception"])
errors = shown(1.0) - shown(0.0)
half = shown(0.5) - shown(0.0)
frames, joints = len(task.frames), len(task.seen)
turned, moved = errors[:, body + 3 * frames:body + 6 * frames].reshape(n, frames, 3), errors[:, body + 6 * frames:body + (6 + joints) * frames].reshape(n, frames, joints)
stance = errors[:, body + (6 + joints) * frames:]
print(np.abs(errors[:, :body]).max(), np.abs(stance).max(), moved.std(), turned.std(), np.diff(moved, axis=1).std(), (half[:, body:].std() / errors[:, body:].std()))
`, short(dir, t.TempDir(), "--rough", "0.02"), &body, &stance, &moved, &turned, &step, &half)
	if body != 0 || stance != 0 {
		t.Errorf("what the robot measures differs by %g and stances by %g, want neither", body, stance)
	}
	want := 0.02 / robot.Body().StandHeight
	if math.Abs(moved/want-1) > 0.1 || math.Abs(turned/want-1) > 0.1 {
		t.Errorf("joints are shown with errors of %.3f rad and turns of %.3f, want %.3f", moved, turned, want)
	}
	if step > 0.3*moved { // white errors would change by 1.4 of it
		t.Errorf("errors of joints change by %.3f of themselves in a control period, want smooth ones", step/moved)
	}
	if math.Abs(half-0.5) > 0.05 {
		t.Errorf("half of the errors is %.2f of all", half)
	}
}

// What two folders hold is learned from as one, and said in the policy; folders of different tasks are not mixed.
func TestClipsOfSeveralFoldersAreLearnedFromTogether(t *testing.T) {
	t.Parallel()
	first, robot := balancer(t)
	second, _ := balancer(t)
	out := t.TempDir()
	together := func() (string, int) {
		return run(t, slices.Insert(short(first, out, "--transitions", "128"), 2, second)...)
	}
	if said, status := together(); status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	f, err := policy.Load(filepath.Join(out, robot.Body().Name+".policy"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 exported clips: a test's; 1 more: a test's"; f.Contract.Training.Data != want {
		t.Errorf("the policy says its data is %q, want %q", f.Contract.Training.Data, want)
	}
	path := filepath.Join(second, "task.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("command_change: 0.01"), []byte("command_change: 0.02"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, status := together(); status != 2 || !strings.Contains(said, "differ in more than their clips") {
		t.Errorf("status %d, want 2 and why:\n%s", status, said)
	}
}

// A checkpoint of other networks is refused, and stays as it is.
func TestACheckpointOfOtherSizesIsRefused(t *testing.T) {
	t.Parallel()
	dir, _ := balancer(t)
	out := t.TempDir()
	if said, status := run(t, short(dir, out, "--transitions", "128")...); status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	path := filepath.Join(out, "checkpoint.npz")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for flag, value := range map[string]string{"--encoder": "8", "--latent": "5"} {
		said, status := run(t, short(dir, out, "--transitions", "256", flag, value)...)
		if status != 2 || !strings.Contains(said, "arrays of other shapes") || strings.Count(strings.TrimSpace(said), "\n") != 0 {
			t.Errorf("%s %s: status %d, want 2 and one line:\n%s", flag, value, status, said)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the refused checkpoint changed (%v)", err)
	}
}

func TestTrackRefusesWhatItCannotGoOnFrom(t *testing.T) {
	t.Parallel()
	dir, _ := balancer(t)
	none := filepath.Join(t.TempDir(), "none.policy")
	half := filepath.Join(t.TempDir(), "half.policy")
	whole, err := os.ReadFile("../../rat.policy")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(half, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if said, status := run(t, short(rat(t, sim.Options{}), t.TempDir(), "--settle", "--transitions", "128")...); status != 2 || !strings.Contains(said, "--settle: rat sees where it is") || strings.Count(strings.TrimSpace(said), "\n") != 0 {
		t.Errorf("--settle: status %d, want 2 and one line:\n%s", status, said)
	}
	for path, want := range map[string]string{
		"../../rat.policy": "differ in body_hash",
		none:               "No such file",
		half:               "truncated",
	} {
		said, status := run(t, short(dir, t.TempDir(), "--from", path)...)
		if status != 2 || !strings.Contains(said, want) || strings.Count(strings.TrimSpace(said), "\n") != 0 {
			t.Errorf("--from %s: status %d, want 2 and one line with %q:\n%s", filepath.Base(path), status, want, said)
		}
	}
}

// A run that begins from the folder of another goes on with its model of the world as well:
// with hardly any time to learn one it foretells as well as that did.
func TestTheModelOfTheWorldGoesOnFromRunToRun(t *testing.T) {
	t.Parallel()
	dir, robot := balancer(t)
	first := filepath.Join(t.TempDir(), "first")
	if said, status := run(t, short(dir, first, "--transitions", "8000")...); status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	lines := metrics(t, first)
	knew := column(t, lines, "world_error", len(lines)-11, len(lines)-1)
	misses := func(from string) float64 {
		out := t.TempDir()
		if said, status := run(t, short(dir, out, "--from", from, "--transitions", "1280", "--rate", "1e-9", "--world-rate", "1e-9")...); status != 0 {
			t.Fatalf("--from %s: status %d:\n%s", from, status, said)
		}
		return column(t, metrics(t, out), "world_error", 0, 10)
	}
	whole, weights := misses(first), misses(filepath.Join(first, robot.Body().Name+".policy"))
	t.Logf("world's error %.3f at the end of the first run; %.3f with that, %.3f with its policy alone", knew, whole, weights)
	if !(whole < 2*knew && whole < 0.5*weights) {
		t.Errorf("the model of the world errs by %.3f, that of the run it goes on from by %.3f, one without by %.3f", whole, knew, weights)
	}
	bare := t.TempDir()
	if text, err := os.ReadFile(filepath.Join(first, robot.Body().Name+".policy")); err != nil || os.WriteFile(filepath.Join(bare, robot.Body().Name+".policy"), text, 0o644) != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"was made with world": {"--from", first, "--world", "16,16"},
		"no checkpoint":       {"--from", bare},
		"No such file":        {"--from", t.TempDir()},
	} {
		if said, status := run(t, short(dir, t.TempDir(), args...)...); status != 2 || !strings.Contains(said, want) || strings.Count(strings.TrimSpace(said), "\n") != 0 {
			t.Errorf("%v: status %d, want 2 and one line with %q:\n%s", args, status, want, said)
		}
	}
}

// A policy that is to look further does what it did until it has learned more, and uses then what it sees.
func TestAPolicyLearnsToLookFurther(t *testing.T) {
	t.Parallel()
	near, robot := balancer(t)
	made := filepath.Join(t.TempDir(), "made")
	if said, status := run(t, short(near, made, "--transitions", "256")...); status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	task := train.RatTask()
	task.Observation.Frames = []int{1, 2, 3, 4, 5, 8, 12}
	far, _ := balancerOf(t, task)
	var most, change, least, used float64
	printed(t, `
import sys
from pathlib import Path
import jax
import jax.numpy as jnp
import numpy as np
import policyfile
from task import Task
from track import STATE, Trainer, arguments
near, policy, _, *argv = sys.argv[1:]
run, had = Trainer(arguments(argv), argv), Task(near)
run.begin()
params, norm, _ = policyfile.read(Path(policy), had)
state = run.bodies.state()
s, row = {k: state[k] for k in STATE}, state["row"]
none = jnp.zeros((len(row), 1))
output = lambda *of: run.learner.output(*of, s, row, jax.random.PRNGKey(0), none, none + jnp.zeros(2))[0]
one, two = output(had, params, norm), output(run.task, run.kept["params"], run.kept["norm"])
std = np.asarray(run.kept["norm"]["std"])
run.update()
positions = run.learner.body + np.arange(3 * 7)
new = np.asarray(run.kept["params"]["encoder"][0]["w"])[:, positions[-6:]]
print(np.abs(one).max(), np.abs(two - one).max(), std.min() if np.isfinite(std).all() else -1, np.abs(new).max())
`, append([]string{near, filepath.Join(made, robot.Body().Name+".policy")}, short(far, t.TempDir(), "--from", made)...), &most, &change, &least, &used)
	if most == 0 || change > 1e-5*most {
		t.Errorf("outputs of up to %g changed by %g before anything was learned", most, change)
	}
	if least <= 0 || used == 0 {
		t.Errorf("the least deviation of what is seen is %g, the largest weight of what is newly seen %g after an update", least, used)
	}
}

// A blend of a policy and of one that went on from it has the mean of their weights, and only of such.
func TestBlendsPoliciesThatWentOnFromOneAnother(t *testing.T) {
	t.Parallel()
	dir, _ := balancer(t)
	trained := func(more ...string) string {
		out := t.TempDir()
		if said, status := run(t, short(dir, out, append([]string{"--transitions", "256"}, more...)...)...); status != 0 {
			t.Fatalf("status %d:\n%s", status, said)
		}
		all, err := filepath.Glob(filepath.Join(out, "*.policy"))
		if err != nil || len(all) != 1 {
			t.Fatalf("%v (%v)", all, err)
		}
		return all[0]
	}
	first := trained()
	second, other := trained("--from", first, "--rate", "1e-2"), trained("--seed", "5")
	blend := filepath.Join(t.TempDir(), "blend.policy")
	said, status := run(t, "blend.py", dir, first+"=0.25", second+"=0.75", "--out", blend)
	if status != 0 {
		t.Fatalf("status %d:\n%s", status, said)
	}
	f, err := policy.Load(blend)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Contract.Training.Notes; !strings.Contains(n, "0.25 of ") || !strings.Contains(n, "0.75 of ") || !strings.Contains(n, "made: begun from ") || strings.Contains(n, "begun from the policy") {
		t.Errorf("the blend's notes are %q, want what each was made by once", n)
	}
	var apart, off float64
	printed(t, `
import sys
from pathlib import Path
import jax, numpy as np, policyfile
from task import Task
task = Task(sys.argv[1])
one, two, blend = (jax.tree.leaves(policyfile.read(Path(p), task)[0]) for p in sys.argv[2:])
print(max(np.abs(a - b).max() for a, b in zip(one, two)), max(np.abs(0.25 * a + 0.75 * b - c).max() for a, b, c in zip(one, two, blend)))
`, []string{dir, first, second, blend}, &apart, &off)
	if !(apart > 1e-3 && off < 1e-5*apart+1e-6) {
		t.Errorf("weights that are up to %g apart have a blend that is %g off", apart, off)
	}
	for want, args := range map[string][]string{
		"add up to 0.8, want 1": {first + "=0.5", second + "=0.3"},
		"want POLICY=SHARE":     {first},
		"other layers":          {first + "=0.5", other + "=0.5"},
	} {
		if said, status := run(t, append([]string{"blend.py", dir, "--out", blend}, args...)...); status != 2 || !strings.Contains(said, want) {
			t.Errorf("%v: status %d, want 2 and %q:\n%s", args, status, want, said)
		}
	}
}

// The robot that is the model itself goes where the simulated robot goes, told the same: its
// motors hold their torque for a physics step, and obey a step late.
func TestTheModelItselfGoesWhereTheSimulatedRobotGoes(t *testing.T) {
	t.Parallel()
	for name, hangs := range map[string]bool{"on the ground": false, "on a stand": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			goesAsSimulated(t, hangs)
		})
	}
}

func goesAsSimulated(t *testing.T, hangs bool) {
	dir, robot := quadruped(t)
	b, a := robot.Body(), policy.NewAction(robot.Body())
	root := controller.Root{Pos: [3]float64{0, 0, b.StandHeight}, Quat: [4]float64{1, 0, 0, 0}}
	if hangs {
		root.Pos[2] += 0.3
		if err := robot.Hold(); err != nil {
			t.Fatal(err)
		}
	}
	robot.Place(root, b.Stand, make([]float64, len(b.Joints)))
	if err := robot.Start(); err != nil {
		t.Fatal(err)
	}
	const ticks = 30
	s, cmd, truth := controller.NewState(b), controller.NewCommand(b), controller.Truth{Contacts: make([]bool, len(b.Feet))}
	for i := range ticks {
		if err := robot.Read(&s); err != nil {
			t.Fatal(err)
		}
		for j := range cmd.Pos { // it squats and sways
			cmd.Pos[j] = b.Stand[j] + 0.2*math.Sin(0.4*float64(i))*[]float64{0.3, 1, -2}[j%3]
		}
		copy(cmd.Kp, a.Kp)
		copy(cmd.Kd, a.Kd)
		if err := robot.Write(&cmd); err != nil {
			t.Fatal(err)
		}
	}
	if err := robot.Read(&s); err != nil {
		t.Fatal(err)
	}
	robot.Truth(&truth)
	var x, z, thigh, calf float64
	printed(t, `
import sys
import numpy as np
from bodies import Bodies
from task import Task
task = Task(sys.argv[1])
task.ranges["delay_ms"] = [4, 44]  # as the command exports them: the motors' own delay and that of the range
bodies = Bodies(task, 2, 1, 200, 0, 1, [0])
hangs, stand = sys.argv[4] == "true", np.array([float(v) for v in sys.argv[5:]])
bodies.hung[:] = hangs
bodies.physics[:] = 0
bodies.physics[:, 3], bodies.physics[:, 4], bodies.physics[:, 1 + task.qpos] = float(sys.argv[3]), 1, stand
bodies.robot[:] = hangs * bodies.robots
bodies.lost = lambda: np.zeros(2, bool)
for i in range(int(sys.argv[2])):
    command = stand + 0.2 * np.sin(0.4 * i) * np.tile([0.3, 1, -2], 4)
    if i == 0:
        bodies.sent[:] = command
    bodies.step(np.tile(command, (2, 1)), np.random.default_rng(1))
print(*bodies.physics[0, [1, 3, 1 + task.qpos[1], 1 + task.qpos[2]]])
`, append([]string{dir, strconv.Itoa(ticks), fmt.Sprint(root.Pos[2]), fmt.Sprint(hangs)}, strings.Fields(strings.Trim(fmt.Sprint(b.Stand), "[]"))...), &x, &z, &thigh, &calf)
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"root's x", x, truth.Root.Pos[0]}, {"root's z", z, truth.Root.Pos[2]}, {"thigh", thigh, s.Pos[1]}, {"calf", calf, s.Pos[2]}} {
		if math.Abs(c.got-c.want) > 1e-6 {
			t.Errorf("%s: %.6f here, %.6f there", c.name, c.got, c.want)
		}
	}
	if math.Abs(s.Pos[2]-b.Stand[2]) < 0.05 {
		t.Errorf("the calf is at %.3f, where it began: the test shows nothing", s.Pos[2])
	}
}
