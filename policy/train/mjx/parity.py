"""Holds this trainer against policy/train (Go) on the steps that it exported.

    python policy/train/mjx/parity.py DIR [--physics mujoco|jax|warp]

Observations and rewards on the recorded states must agree to 1e-4. With
--physics, how far a control period from each recorded state leads from where it
led in Go is printed, too; MuJoCo itself with all contacts must get there.
"""
import argparse
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from env import Env, foot_force, limit
from task import Task

TOLERANCE = 1e-4  # relative, of numbers above 1
SAME = 1e-5  # m, by which MuJoCo may miss itself, in another state of warm start


def main(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("task")
    p.add_argument("--physics", choices=["mujoco", "jax", "warp"])
    p.add_argument("--contacts", choices=["feet", "all"], default="feet")
    p.add_argument("--iterations", type=int, default=5)
    a = p.parse_args(argv)
    task, steps = Task(a.task), dict(np.load(Path(a.task) / "parity.npz"))
    worst = compare(task, steps)
    far = physics(task, steps, a) if a.physics else 0
    same = a.physics == "mujoco" and a.contacts == "all"
    return 0 if worst <= TOLERANCE and (far <= SAME or not same) else 1


def compare(task, steps):
    """Prints how far observations and rewards differ; the largest difference."""
    data, feet = mujoco.MjData(task.model), []
    for i in range(len(steps["row"])):
        place(task, data, steps, i)
        mujoco.mj_kinematics(task.model, data)
        feet.append(data.xpos[task.feet].copy())
    row = jnp.asarray(task.first[steps["clip"][:, 0].astype(int)] + steps["frame"][:, 0].astype(int))
    s = {k: jnp.asarray(v, jnp.float32) for k, v in steps.items()}
    observation = jax.vmap(task.observation)(s, row, s["command"])
    reward = jax.vmap(task.reward)(s, jnp.asarray(feet, jnp.float32), row, s["command"], s["command_before"])
    worst = 0.0
    for name, have, want in (("observation", observation, steps["observation"]), ("reward", reward[:, None], steps["reward"])):
        if have.shape != want.shape:
            sys.exit(f"parity.py: {name} has shape {have.shape} here, {want.shape} in Go")
        error = np.max(np.abs(have - want) / np.maximum(1, np.abs(want)))
        print(f"{name}: {want.shape[0]} steps of {want.shape[1]}, largest difference {error:.1e}")
        worst = max(worst, error)
    return worst


def place(task, data, steps, i):
    data.qpos[:3], data.qpos[3:7] = steps["root_position"][i], steps["root_orientation"][i]
    data.qvel[:3], data.qvel[3:6] = steps["root_velocity"][i], steps["root_rotation_rate"][i]
    data.qpos[task.qpos], data.qvel[task.qvel] = steps["joints"][i], steps["joint_rates"][i]
    if data.act.size:
        activation = task.ctrl_scale * steps["activation"][i] + task.ctrl_offset
        data.act[:] = np.asarray(activation)[task.filtered]


def physics(task, steps, a):
    """Prints where a control period leads, against Go; how far off the root is at most, m."""
    clip, frame = steps["clip"][:, 0], steps["frame"][:, 0]
    at = np.flatnonzero((clip[1:] == clip[:-1]) & (frame[1:] == frame[:-1] + 1))
    commands = jnp.asarray(steps["command"][at + 1], jnp.float32)
    starts = []
    for i in at:
        starts.append(mujoco.MjData(task.model))
        place(task, starts[-1], steps, i)
    if a.physics == "mujoco":
        limit(task, a.contacts, a.iterations)
        ends = [native(task, d, c) for d, c in zip(starts, commands)]
        qpos, force = (np.array([e[k] for e in ends]) for k in (0, 1))
    else:
        env = Env(task, len(at), physics=a.physics, contacts=a.contacts, iterations=a.iterations)
        put = lambda qpos, qvel, act: env.fresh.replace(qpos=qpos, qvel=qvel, act=act)
        stacked = (jnp.asarray([getattr(d, k) for d in starts], jnp.float32) for k in ("qpos", "qvel", "act"))
        data, force = jax.jit(jax.vmap(lambda q, v, act, c: env.advance(put(q, v, act), c)))(*stacked, commands)
        qpos = np.asarray(data.qpos)
    root = np.linalg.norm(qpos[:, :3] - steps["root_position"][at + 1], axis=1) * 1e3
    joints = np.sqrt(np.mean((qpos[:, task.qpos] - steps["joints"][at + 1]) ** 2, 1)) * 1e3
    moved = np.linalg.norm(steps["root_position"][at] - steps["root_position"][at + 1], axis=1) * 1e3
    print(f"a control period of {a.physics}, contacts of {a.contacts}, {len(at)} states: from where Go's led")
    for name, x, unit in (("root", root, "mm"), ("joints, rms", joints, "mrad"), ("(the root moved", moved, "mm)")):
        print(f"  {name} {np.median(x):.2g} median, {x.max():.2g} largest, {unit}")
    if len(task.feet):
        difference = np.abs(np.asarray(force).sum(1) - steps["foot_force"][at + 1].sum(1))
        print(f"  force on the feet {np.median(difference):.2g} median, {difference.max():.2g} largest, N of {task.weight:.3g} N")
    return root.max() * 1e-3


def native(task, data, command):
    """The same in MuJoCo itself."""
    data.ctrl[:] = np.asarray(task.ctrl_scale * command + task.ctrl_offset)
    for _ in range(task.substeps):
        mujoco.mj_step(task.model, data)
    return data.qpos.copy(), np.asarray(foot_force(task, data.sensordata))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
