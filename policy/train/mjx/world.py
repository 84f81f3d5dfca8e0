"""A network that says where a control period leads: what a policy's gradient goes through.

States are those of bodies.Bodies, a row per body; a sequence has a leading axis of
time, and its previous[t+1] is the command between t and t+1.
"""
import jax
import jax.numpy as jnp
import mujoco
import numpy as np

import network
from task import conj, mul, rotate, rotvec

BOUND = 6.0  # normalised inputs are held within it
# Errors that count as one, in the units of the state, and how much each counts.
ERRORS = {
    "root_position": (0.004, 1), "root_velocity": (0.06, 1), "root_rotation_rate": (0.6, 1),
    "joints": (0.03, 0.3), "joint_rates": (1.5, 0.3), "foot_force": (0.5, 0.3),
}
ROTATION = 0.03  # rad

turn, compose, vector = jax.vmap(rotate), jax.vmap(mul), jax.vmap(rotvec)


def into(orientation, v):
    """v in the body's frame."""
    return turn(jax.vmap(conj)(orientation), v)


def level(orientation):
    """The turn about the vertical that leads the world's axes to a body's heading."""
    w, x, y, z = orientation.T
    half = jnp.arctan2(w * z + x * y, 0.5 - y * y - z * z) / 2
    return jnp.stack([jnp.cos(half), 0 * half, 0 * half, jnp.sin(half)], -1)


def quaternion(v):
    """That of rotation vectors."""
    angle = jnp.sqrt(jnp.sum(v * v, -1, keepdims=True) + 1e-20)
    return jnp.concatenate([jnp.cos(angle / 2), jnp.sin(angle / 2) / angle * v], -1)


def rotation(a, b):
    """The rotation vector from orientations a to b."""
    return vector(compose(jax.vmap(conj)(a), b))


def huber(squares):
    return jnp.sqrt(1 + squares) - 1


class World:
    """The model of a Task's body: changes of velocity, and what positions move beyond
    velocity times time, in the body's frame. Filters of servos are exact. It knows the
    traits of the robot and what its late motors have yet to obey; a policy does not."""

    def __init__(self, task, widths):
        m, n = task.model, len(task.seen)
        self.task, self.widths, self.dt = task, widths, task.body["period_ns"] * 1e-9
        self.parts = np.cumsum([3, 3, n, 3, 3, n])
        self.pending = m.nu * task.periods_late()
        self.sizes = 1 + 3 + 3 + 3 + 2 * n + 2 * m.nu + len(task.feet) + self.pending + task.traits, int(self.parts[-1]) + len(task.feet)
        tau = np.full(m.nu, np.inf)
        tau[task.filtered] = m.actuator_dynprm[task.filtered, 0]
        self.rise = jnp.asarray(1 - (1 - m.opt.timestep / tau) ** task.substeps, jnp.float32)
        self.has = jnp.zeros(m.nu).at[task.filtered].set(1)

    def init(self, key):
        return network.dense(key, [self.sizes[0], *self.widths, self.sizes[1]], 0.3)

    def input(self, s, command):
        down = into(s["root_orientation"], jnp.broadcast_to(jnp.array([0.0, 0.0, -1.0]), s["root_position"].shape))
        return jnp.concatenate([
            s["root_position"][:, 2:], down, into(s["root_orientation"], s["root_velocity"]), s["root_rotation_rate"],
            s["joints"], s["joint_rates"], s["activation"], command - self.has * s["activation"], s["foot_force"], s["pending"], s["traits"]], -1)

    def output(self, s, t):
        """What step must put out to lead from s to t."""
        q, dt = s["root_orientation"], self.dt
        return jnp.concatenate([
            into(q, t["root_velocity"] - s["root_velocity"]), t["root_rotation_rate"] - s["root_rotation_rate"], t["joint_rates"] - s["joint_rates"],
            into(q, t["root_position"] - s["root_position"] - dt * s["root_velocity"]), rotation(q, t["root_orientation"]) - dt * s["root_rotation_rate"],
            t["joints"] - s["joints"] - dt * s["joint_rates"], t["foot_force"]], -1)

    def scales(self, s, t):
        """Means and deviations of inputs and outputs between states s and t."""
        x, y = self.input(s, t["previous"]), self.output(s, t)
        return {"x": x.mean(0), "dx": x.std(0) + 1e-3 * x.std(0).mean(), "y": y.mean(0), "dy": y.std(0) + 1e-6}

    def step(self, params, scales, s, command):
        x = jnp.clip((self.input(s, command) - scales["x"]) / scales["dx"], -BOUND, BOUND)
        y = network.run(params, x) * scales["dy"] + scales["y"]
        velocity, rate, rates, shift, rotate_by, joints, force = jnp.split(y, self.parts, -1)
        if self.task.traits:  # robots on a stand stay there
            velocity, rate, shift, rotate_by = (v * (1 - s["traits"][:, -1:]) for v in (velocity, rate, shift, rotate_by))
        q, dt = s["root_orientation"], self.dt
        after = compose(q, quaternion(dt * s["root_rotation_rate"] + rotate_by))
        return {
            "root_position": s["root_position"] + dt * s["root_velocity"] + turn(q, shift),
            "root_orientation": after / jnp.linalg.norm(after, axis=-1, keepdims=True),
            "root_velocity": s["root_velocity"] + turn(q, velocity), "root_rotation_rate": s["root_rotation_rate"] + rate,
            "joints": s["joints"] + dt * s["joint_rates"] + joints, "joint_rates": s["joint_rates"] + rates,
            "activation": s["activation"] + self.rise * (command - s["activation"]), "foot_force": jax.nn.relu(force), "previous": command,
            "pending": jnp.concatenate([command, s["pending"]], -1)[:, : self.pending], "traits": s["traits"],
        }

    def loss(self, params, scales, sequence):
        """How far the model's own path is from a sequence that bodies really went, each step from where it took itself."""

        def tick(s, t):
            s = self.step(params, scales, s, t["previous"])
            miss = huber((rotation(t["root_orientation"], s["root_orientation"]) / ROTATION) ** 2).sum(-1)
            for name, (one, weight) in ERRORS.items():
                miss += weight * huber(((s[name] - t[name]) / one) ** 2).sum(-1)
            return s, miss.mean()

        first, rest = ({k: v[part] for k, v in sequence.items()} for part in (0, slice(1, None)))
        return jax.lax.scan(tick, first, rest)[1].mean()

    def missed(self, params, scales, sequence):
        """How far the root has gone astray at the end of a sequence, m and rad."""
        s = {k: v[0] for k, v in sequence.items()}
        for t in range(1, len(sequence["previous"])):
            s = self.step(params, scales, s, sequence["previous"][t])
        end = {k: v[-1] for k, v in sequence.items()}
        far = jnp.linalg.norm(s["root_position"] - end["root_position"], axis=-1).mean()
        return far, jnp.linalg.norm(rotation(s["root_orientation"], end["root_orientation"]), axis=-1).mean()
