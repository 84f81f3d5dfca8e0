"""Thousands of bodies in MuJoCo on a GPU, each following a clip, started again when it is lost."""
import contextlib
import copy
import io
from typing import NamedTuple

import jax
import jax.numpy as jnp

with contextlib.redirect_stdout(io.StringIO()):  # it prints that there is no MuJoCo Warp
    from mujoco import mjx

from task import CONTACTS, refuse


class State(NamedTuple):
    """Of every body: its physics, the row of the clips that it is at, and more."""

    data: mjx.Data
    row: jnp.ndarray
    start: jnp.ndarray  # bucket of start frames that the episode began in
    steps: jnp.ndarray  # of this episode
    previous: jnp.ndarray  # command
    force: jnp.ndarray  # of each foot, N


class Step(NamedTuple):
    reward: jnp.ndarray
    lost: jnp.ndarray
    ended: jnp.ndarray  # lost, at the clip's end, or as long as an episode may be
    start: jnp.ndarray
    observation: jnp.ndarray  # after the step, before a body that ended starts again


BUCKET = 10  # frames that share a start's failure rate


def limit(task, contacts, iterations):
    """Has the task's model collide, and solve its constraints, as Env says."""
    m = task.model
    m.opt.iterations, m.opt.ls_iterations = iterations, 2 * iterations
    if contacts == "all":
        return
    for g in range(m.ngeom):
        body = m.geom_bodyid[g]
        m.geom_contype[g], m.geom_conaffinity[g] = body == 0, task.in_foot(body)


def foot_force(task, sensors):
    """The normal force on each foot in the last physics step, N."""
    normal = sensors.reshape(-1, CONTACTS, 3)[:, :, 0].sum(1)
    return jnp.zeros(len(task.feet)).at[jnp.array(task.force_of, int)].add(normal)


def quiet(model):
    """A model for MuJoCo Warp that does not print a line for each body whose solver ran out of iterations."""
    from mujoco.mjx.third_party.mujoco_warp._src.types import OverflowType

    said = model.opt._impl.warn_overflow & ~int(OverflowType.ITERATIONS | OverflowType.LS_ITERATIONS)
    return model.tree_replace({"opt._impl.warn_overflow": said})


class Env:
    """Steps bodies through the clips of a Task.

    physics is "warp" (MuJoCo Warp: its work grows with the contacts there are) or
    "jax" (MJX proper: with those there might be). contacts is "feet", as in
    track-mjx: only they collide, and only with the floor; or "all", as in MuJoCo.
    """

    def __init__(self, task, envs, episode=200, physics="jax", contacts="feet", iterations=5):
        self.task, self.episode, m = task, episode, task.model
        limit(task, contacts, iterations)
        try:
            self.model = mjx.put_model(m, impl=physics)
            size = {"naconmax": 64 * envs, "njmax": 400} if physics == "warp" else {}
            self.fresh = mjx.make_data(m, impl=physics, **size)
        except (NotImplementedError, RuntimeError) as e:
            refuse(f"mjx: physics {physics}: {e}")
        if physics == "warp":
            self.model = quiet(self.model)
        rows = jnp.arange(len(task.end))
        standing = task.clips["stance"].sum(1) >= min(2, len(task.feet))  # nothing survives a start in flight
        self.starts = rows[(task.end - rows >= BUCKET) & standing]
        self.bucket = self.starts // BUCKET
        self.buckets = int(len(rows) // BUCKET + 1)

    def large(self):
        """The large arrays, for on."""
        return {"clips": self.task.clips, "fresh": self.fresh}

    def on(self, large):
        """The same with its large arrays as arguments of a compiled program, which
        would otherwise hold a copy of them."""
        env = copy.copy(self)
        env.task, env.fresh = self.task.on(large["clips"]), large["fresh"]
        return env

    def sensed(self, data, force):
        """The state of one body as the task has it."""
        t = self.task
        activation = jnp.zeros(len(t.ctrl_scale)).at[t.filtered].set(data.act)
        return {
            "root_position": data.qpos[:3], "root_orientation": data.qpos[3:7],
            "root_velocity": data.qvel[:3], "root_rotation_rate": data.qvel[3:6],
            "joints": data.qpos[t.qpos], "joint_rates": data.qvel[t.qvel],
            "activation": jnp.where(jnp.zeros(len(t.ctrl_scale), bool).at[t.filtered].set(True), (activation - t.ctrl_offset) / t.ctrl_scale, 0),
            "foot_force": force,
        }

    def weights(self, failure):
        """What reset draws starts by: running sums, for each bucket's failure rate, 0 to 1.
        Starts that fail are drawn up to three times as often."""
        return jnp.cumsum(1 + 2 * failure[self.bucket])

    def reset(self, data, key, weights):
        """One body at a random frame, near the reference's state."""
        t, k = self.task, self.task.config["start"]
        keys = jax.random.split(key, 5)
        at = jnp.searchsorted(weights, jax.random.uniform(keys[0]) * weights[-1])
        row = self.starts[jnp.minimum(at, len(self.starts) - 1)]
        c = {name: x[row] for name, x in t.clips.items()}
        noise = lambda key, n, sigma: sigma * jax.random.normal(key, (n,))
        qpos = jnp.zeros(t.model.nq).at[:3].set(c["root_position"]).at[3:7].set(c["root_orientation"])
        qpos = qpos.at[t.qpos].set(c["joints"] + noise(keys[1], len(t.qpos), k["joints"]))
        qvel = jnp.zeros(t.model.nv).at[:3].set(c["root_velocity"] + noise(keys[2], 3, k["root_velocity"]))
        qvel = qvel.at[3:6].set(c["root_rotation_rate"] + noise(keys[3], 3, k["root_rotation_rate"]))
        qvel = qvel.at[t.qvel].set(c["joint_rates"] + noise(keys[4], len(t.qvel), k["joint_rates"]))
        hold = jnp.zeros(len(t.ctrl_scale)) if t.drive == "torque" else t.ctrl_scale * c["actuators"] + t.ctrl_offset
        data = data.replace(qpos=qpos, qvel=qvel, act=hold[t.filtered], ctrl=hold, qacc_warmstart=jnp.zeros(t.model.nv))
        # The forces are not known before a step: the standing feet carry the body.
        force = c["stance"] * t.weight / jnp.maximum(1, c["stance"].sum())
        return State(data, row, row // BUCKET, jnp.zeros((), jnp.int32), t.before(row), force)

    def begin(self, key, weights):
        return self.reset(self.fresh, key, weights)

    def observe(self, s):
        return jnp.nan_to_num(self.task.observation(self.sensed(s.data, s.force), s.row, s.previous))

    def advance(self, data, command):
        """One control period; positions, velocities and frames are those of its end."""
        t = self.task
        data = data.replace(ctrl=t.ctrl_scale * command + t.ctrl_offset)
        data = jax.lax.fori_loop(0, t.substeps, lambda _, d: mjx.step(self.model, d), data)
        force = foot_force(t, data.sensordata)
        return mjx.kinematics(self.model, data), force

    def step(self, s, out, key, weights):
        """One control period of one body under the network's output."""
        t = self.task
        command = t.command(s.row, out)
        data, force = self.advance(s.data, command)
        row = s.row + 1
        sensed = self.sensed(data, force)
        reward = t.reward(sensed, data.xpos[t.feet], row, command, s.previous)
        lost = t.lost(sensed, row) | ~jnp.isfinite(reward)
        moved = State(data, row, s.start, s.steps + 1, command, force)
        ended = lost | (row >= t.end[row]) | (moved.steps >= self.episode)
        result = Step(jnp.where(lost, 0, reward), lost, ended, s.start, self.observe(moved))
        again = self.reset(data, key, weights)
        # Of the physics only what the next step starts from: the rest is large, and
        # MuJoCo Warp shares some of it between bodies.
        pick = lambda a, b: jnp.where(ended, a, b)
        fields = ("qpos", "qvel", "act", "ctrl", "qacc_warmstart")
        data = data.replace(**{f: pick(getattr(again.data, f), getattr(data, f)) for f in fields})
        return State(data, *(pick(a, b) for a, b in zip(again[1:], moved[1:]))), result
