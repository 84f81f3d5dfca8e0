"""What learns in track.py: a model of the world from what bodies did, and a policy down its gradient."""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

import network
from kinematics import Points
from settle import Settling
from world import World, compose, huber, quaternion, rotation

# Errors that cost about 0.4, and how much each counts; rotations and joints (rms) in rad, points (feet and head, rms) in m.
COSTS = {
    "points": (0.01, 1), "root_position": (0.01, 1), "root_velocity": (0.2, 0.5), "root_rotation_rate": (2.0, 0.5),
    "rotation": (0.1, 1), "limbs": (0.1, 1), "joints": (0.1, 0.3),
}
UNSEEN = COSTS | {"rotation": (0.1, 2), "points": (0.01, 0), "root_position": (0.01, 0.33), "root_velocity": (0.05, 0.5), "root_rotation_rate": (1.0, 0.5), "limbs": (0.1, 2)}  # of a body that cannot see where it is
SETTLING = UNSEEN | {"rotation": (0.05, 6), "root_position": (0.005, 0.33), "root_velocity": (0.01, 0.5), "limbs": (0.05, 2)}  # with --settle: slow motion asks for it, but what is far off is hardly pulled at
WORLD_AVERAGE = 40  # latest updates over which the weights of the model are averaged: one of long ago knows the bodies of another policy


class Rough:
    """What fits of key points add to a motion: smooth errors of where the root is (deviation
    size, m), and over the robot's standing height of its rotation and all joints (rad). Policies
    are shown references with them, and judged by those without."""

    ROWS, SMOOTH = 8192, 4  # rows of errors, which repeat; deviation of the kernel that smooths them, in control periods

    def __init__(self, task, size):
        n, joints = self.ROWS, task.clips["joints"].shape[1]
        white = np.random.default_rng(0).standard_normal((n, 6 + joints))
        low = np.exp(-2 * (np.pi * self.SMOOTH * np.fft.rfftfreq(n)[:, None]) ** 2)
        errors = np.fft.irfft(np.fft.rfft(white, axis=0) * low, n, axis=0)
        errors *= size / errors.std(0)
        errors[:, 3:] /= task.body["stand_height_m"]
        self.errors = jnp.asarray(errors, jnp.float32)
        self.rates = jnp.asarray(np.gradient(errors[:, :3], task.body["period_ns"] * 1e-9, axis=0), jnp.float32)

    def on(self, place, share):
        """For Task.observation: so much of the errors from a place on."""

        def astray(c, rows):
            at = (rows + place) % self.ROWS
            e = share * self.errors[at]
            return {
                "root_position": c["root_position"] + e[:, :3], "root_velocity": c["root_velocity"] + share * self.rates[at],
                "root_orientation": compose(c["root_orientation"], quaternion(e[:, 3:6])), "joints": c["joints"] + e[:, 6:],
            }

        return astray


class Learner:
    """What learns. The arrays that change are in the tree kept (what a checkpoint holds)."""

    def __init__(self, a, task):
        self.a, self.task, self.world, self.rough = a, task, World(task, a.world), Rough(task, a.rough)
        self.body = network.sizes(task)[1]
        self.limbs = np.searchsorted(task.seen, task.limbs)
        self.dt, self.blind = task.body["period_ns"] * 1e-9, not task.contract["observation"]["root"]
        self.settling = Settling(task, a.settle)
        self.costs = (SETTLING if a.settle else UNSEEN) if self.blind else COSTS
        head = [task.model.body(task.body["head"]).id] if task.body["head"] else []
        self.points = Points(task, [*task.feet, *head])
        if self.costs["points"][1] and self.points.bodies:
            c, at = task.clips, jax.jit(lambda *pose: self.points(*pose))
            poses = [c["root_position"], c["root_orientation"], c["joints"][:, task.seen]]
            task.clips["points"] = jnp.concatenate([at(*(v[i:i + 4096] for v in poses)) for i in range(0, len(c["joints"]), 4096)])
        updates = max(1, int(a.transitions / (a.bodies * a.gather)))
        falling = lambda rate, steps: optax.cosine_decay_schedule(rate, steps * updates, 0.1)
        clipped = lambda rate: optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))
        self.adam, self.world_adam = clipped(falling(a.rate, a.steps)), clipped(falling(a.world_rate, a.world_steps))

    def fresh(self, past):
        """What training starts from; past, where not None, is the network and normaliser to go on from."""
        a, (obs, _) = self.a, network.sizes(self.task)
        keys = jax.random.split(jax.random.PRNGKey(a.seed))
        params, norm = network.init(keys[0], self.task, a.encoder, a.decoder, [], a.latent), {"mean": jnp.zeros(obs), "std": jnp.ones(obs)}
        del params["critic"]
        if past:
            params, norm = past
        world = self.world.init(keys[1])
        scales = {k: jnp.zeros(n) for k, n in zip(("x", "dx", "y", "dy"), np.repeat(self.world.sizes, 2))}
        return {
            "update": jnp.zeros((), jnp.int32), "params": params, "adam": self.adam.init(params), "norm": norm,
            "world": world, "world_adam": self.world_adam.init(world), "scales": scales, "failure": jnp.full(len(self.task.first), 0.3),
            "mean": {"params": params, "world": world}, "drift": jnp.zeros((self.settling.manners, 2)),
        }

    @partial(jax.jit, static_argnums=0)
    def averaged(self, kept):
        """kept with the mean weights of its latest updates: weights wander about, their mean much less."""
        share = lambda of: 1 / jnp.minimum(1 + kept["update"] / 4, of)
        shares = {"params": share(self.a.average), "world": share(WORLD_AVERAGE)}
        toward = lambda k: jax.tree.map(lambda mean, new: mean + shares[k] * (new - mean), kept["mean"][k], kept[k])
        return kept | {"mean": {k: toward(k) for k in shares}}

    def measured(self, s, key, share):
        """s as a robot's sensors tell it, with so much (n, 1) of the noise that the ranges allow."""
        if not self.task.ranges:
            return s
        keys = dict(zip(("joints", "joint_rates", "root_rotation_rate", "root_orientation"), jax.random.split(key, 4)))

        def noise(name, of, width=None):
            low, high = self.task.ranges[f"noise_{of}"]
            return (low + share * (high - low)) * jax.random.normal(keys[name], (len(s[name]), width or s[name].shape[1]))

        return s | {
            "joints": s["joints"] + noise("joints", "joint_position_rad"), "joint_rates": s["joint_rates"] + noise("joint_rates", "joint_velocity_rad_s"),
            "root_rotation_rate": s["root_rotation_rate"] + noise("root_rotation_rate", "gyro_rad_s"),
            "root_orientation": compose(s["root_orientation"], quaternion(noise("root_orientation", "orientation_rad", 3))),
        }

    def output(self, task, params, norm, s, row, key, share, place):
        """The policy's output, its latent at the mean. Of what sensors add there is so much (n, 1), of
        references' errors as place (n, 2) has it: the first row, and how much."""
        s = self.measured(s, key, share)
        full = jnp.zeros((len(row), len(task.qpos)))
        seen = s | {"joints": full.at[:, task.seen].set(s["joints"]), "joint_rates": full.at[:, task.seen].set(s["joint_rates"])}
        see = lambda s, row, previous, place: task.observation(s, row, previous, self.rough.on(place[0].astype(int), place[1]))
        obs = jax.vmap(see)(seen, row, s["previous"], place)
        latent = params["encoder"][-1]["b"].shape[0] // 2
        return network.act(params, network.normalise(norm, obs), self.body, jnp.zeros((len(row), latent)))[0], obs

    def places(self, key, n):
        """For output: somewhere in the errors, and any share of them."""
        return jax.random.uniform(key, (n, 2)) * jnp.array([self.rough.ROWS, 1.0])

    @partial(jax.jit, static_argnums=0)
    def act(self, clips, params, norm, s, row, key):
        task = self.task.on(clips)
        keys = jax.random.split(key)
        # Noise moves joints that would else stick: the model must see bodies with and without.
        share = jnp.linspace(0, 1, len(row))[:, None] ** (1.5 if self.a.settle else 1)
        out, obs = self.output(task, params, norm, s, row, keys[0], share, self.places(jax.random.PRNGKey(self.a.seed), len(row)))
        return jax.vmap(task.command)(row, out + share * self.a.noise * jax.random.normal(keys[1], out.shape)), obs

    def cost(self, clips, s, row, before, away, slower):
        """How far s is from a row of the clips, which are moved away and go slower (m and m/s, world frame)."""
        t = self.task.on(clips)
        joints = (s["joints"] - clips["joints"][row][:, t.seen]) ** 2
        squares = {"rotation": jnp.sum(rotation(clips["root_orientation"][row], s["root_orientation"]) ** 2, -1), "joints": joints.mean(-1)}
        if len(self.limbs):
            squares["limbs"] = joints[:, self.limbs].mean(-1)
        for name in ("root_position", "root_velocity", "root_rotation_rate"):
            error = s[name] - clips[name][row] - {"root_position": away, "root_velocity": -slower}.get(name, 0)
            squares[name] = jnp.sum(error**2, -1)
        if "points" in clips:
            squares["points"] = jnp.sum((self.points(s["root_position"], s["root_orientation"], s["joints"]) - clips["points"][row]) ** 2, -1).mean(-1)
        total = sum(self.costs[name][1] * huber(square / self.costs[name][0] ** 2) for name, square in squares.items())
        change, at = s["previous"] - before, row - 1
        inside = (at > 0) & (t.end[at - 1] == t.end[at])
        own = t.own(at) - jnp.where(inside[:, None], t.own(at - 1), t.before(at))
        return total + self.a.change * jnp.sum(change**2, -1) + self.a.shiver * jnp.sum((change - own) ** 2, -1)

    @partial(jax.jit, static_argnums=0)
    def imitate(self, clips, kept, s, row, key):
        """One step of the policy towards the clips' own commands; and how far it was from them, rad^2 or (N·m)^2."""
        task, keys = self.task.on(clips), jax.random.split(key, 3)
        share, place = jax.random.uniform(keys[0], (len(row), 1)), self.places(keys[1], len(row))

        def loss(params):
            out, _ = self.output(task, params, kept["norm"], s, row, keys[2], share, place)
            return jnp.mean((jax.vmap(task.command)(row, out) - task.own(row)) ** 2)

        miss, grad = jax.value_and_grad(loss)(kept["params"])
        change, adam = self.adam.update(grad, kept["adam"])
        return kept | {"params": optax.apply_updates(kept["params"], change), "adam": adam}, miss

    @partial(jax.jit, static_argnums=0)
    def improve(self, clips, kept, s, row, key):
        """One step of the policy down the gradient of its cost in the model of the world."""
        task, end = self.task.on(clips), self.task.end[row]
        away = jnp.zeros((len(row), 3))
        if self.blind:  # goes on from where it is
            away = (s["root_position"] - clips["root_position"][row]) * jnp.array([1.0, 1.0, 0.0])

        keys = jax.random.split(key, 3)
        share, place = jax.random.uniform(keys[0], (len(row), 1)), self.places(keys[1], len(row))

        def loss(params):
            def tick(carry, key):
                s, row, away = carry
                out, _ = self.output(task, params, kept["norm"], s, row, key, share, place)
                after = self.world.step(kept["mean"]["world"], kept["scales"], s, jax.vmap(task.command)(row, out))
                next_row = jnp.minimum(row + 1, end)
                slower = self.settling.slower(clips, kept["drift"], next_row)
                away = away - self.dt * slower
                costs = self.cost(clips, after, next_row, s["previous"], away, slower)
                return (after, next_row, away), jnp.where(row < end, costs, 0).mean()

            return jax.lax.scan(tick, (s, row, away), jax.random.split(keys[2], self.a.ahead))[1].mean()

        cost, grad = jax.value_and_grad(loss)(kept["params"])
        change, adam = self.adam.update(grad, kept["adam"])
        return kept | {"params": optax.apply_updates(kept["params"], change), "adam": adam}, cost

    @partial(jax.jit, static_argnums=0)
    def foretell(self, kept, sequence):
        """One step of the model of the world towards what bodies did."""
        miss, grad = jax.value_and_grad(self.world.loss)(kept["world"], kept["scales"], sequence)
        change, adam = self.world_adam.update(grad, kept["world_adam"])
        return kept | {"world": optax.apply_updates(kept["world"], change), "world_adam": adam}, miss

    @partial(jax.jit, static_argnums=0)
    def missed(self, kept, sequence):
        return self.world.missed(kept["world"], kept["scales"], sequence)
