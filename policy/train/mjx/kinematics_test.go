package mjx

import (
	"math"
	"testing"

	"whisker/sim"
)

// Feet and head are where MuJoCo has them, whatever the pose.
func TestPointsAreWhereMuJoCoHasThem(t *testing.T) {
	t.Parallel()
	var points, far, moved float64
	printed(t, `
import sys
import mujoco
import numpy as np
from kinematics import Points
from task import Task
task, rng, n = Task(sys.argv[1]), np.random.default_rng(1), 20
m, bodies = task.model, [*task.feet, task.model.body(task.body["head"]).id]
data, qpos = mujoco.MjData(m), np.tile(m.qpos0, (n, 1))
qpos[:, :3] += 0.1 * rng.standard_normal((n, 3))
qpos[:, 3:7] = rng.standard_normal((n, 4))
qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
qpos[:, task.qpos] += 0.5 * rng.standard_normal((n, len(task.qpos)))
have, want = Points(task, bodies)(qpos[:, :3], qpos[:, 3:7], qpos[:, task.qpos[task.seen]]), []
for q in qpos:
    data.qpos[:] = q
    mujoco.mj_kinematics(m, data)
    want.append(data.xpos[bodies].copy())
print(len(bodies), np.abs(have - np.array(want)).max(), np.std(np.array(want) - qpos[:, None, :3], axis=0).min())
`, []string{rat(t, sim.Options{})}, &points, &far, &moved)
	if points != 5 || far > 1e-5 || moved < 0.005 {
		t.Errorf("%.0f points are up to %g m from where MuJoCo has them, and move by %g m", points, far, moved)
	}
}

// A policy pays for feet and head that are elsewhere, and nothing where the clip has them.
func TestFeetAndHeadElsewhereCost(t *testing.T) {
	t.Parallel()
	dir, out := rat(t, sim.Options{}), t.TempDir()
	var there, far, cost, ofPoints float64
	printed(t, `
import sys
import jax.numpy as jnp
import numpy as np
from track import Trainer, arguments
argv = sys.argv[2:]
run = Trainer(arguments(argv), argv)
task, learner, row = run.task, run.learner, jnp.array([10])
s = {k: v[row] for k, v in task.clips.items()}
s |= {"joints": s["joints"][:, task.seen], "previous": jnp.zeros((1, task.model.nu))}
elbow = [task.body["joints"][j]["name"] for j in task.seen].index("elbow_L")
bent = s | {"joints": s["joints"].at[:, elbow].add(0.5)}
cost = lambda s: float(learner.cost(task.clips, s, row, s["previous"], 0, 0)[0])
moved = np.linalg.norm(learner.points(bent["root_position"], bent["root_orientation"], bent["joints"]) - task.clips["points"][row], axis=-1)
there, all_of = cost(s), cost(bent)
del task.clips["points"]
print(there, np.sqrt((moved**2).mean()), all_of, all_of - cost(bent))
`, short(dir, out), &there, &far, &cost, &ofPoints)
	if there > 1e-3 || far < 0.002 {
		t.Errorf("the clip's own pose costs %g, and a bent elbow moves feet and head by %g m", there, far)
	}
	if want := math.Sqrt(1+sq(far/0.01)) - 1; math.Abs(ofPoints-want) > 1e-3 || cost <= ofPoints {
		t.Errorf("feet and head off by %g m cost %g of %g, want %g", far, ofPoints, cost, want)
	}
}

func sq(x float64) float64 { return x * x }
