"""Trains a policy through a learned model of the world, on a CPU, on what `whisker train --export DIR` wrote.

    python policy/train/mjx/track.py DIR --out out/track --from policy/rat.policy

Bodies in MuJoCo proper follow the clips under the policy and some noise. A network
learns from that where a control period leads, and the policy goes down the gradient
of its distance from the clips, a third of a second ahead, through that network (as
in Fussell, Bergamin and Holden, SuperTrack, ACM Trans. Graph. 40(6), 2021). Run
again with the same --out it goes on from its checkpoint.
"""
import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

import network
import policyfile
from bodies import Bodies
from run import Run, main
from task import refuse
from world import World, compose, huber, quaternion, rotation

STATE = ("root_position", "root_orientation", "root_velocity", "root_rotation_rate", "joints", "joint_rates", "activation", "foot_force", "previous", "pending", "traits")
# Errors that cost about 0.4, and how much each counts.
COSTS = {"root_position": (0.01, 1), "root_velocity": (0.2, 0.5), "root_rotation_rate": (2.0, 0.5)}
UNSEEN = {"root_position": (0.03, 1), "root_velocity": (0.1, 2), "root_rotation_rate": (1.0, 0.5)}  # of a body that cannot see where it is
ROTATION, LIMBS, JOINTS = (0.1, 1), (0.1, 1), (0.1, 0.3)  # rad; joints rms


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    widths = lambda text: [int(x) for x in text.split(",")]
    p.add_argument("task", nargs="+", help="folders that whisker train --export wrote, of the same task")
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--from", dest="begin", type=Path, help="policy file to go on from in place of random weights")
    p.add_argument("--transitions", type=float, default=4e6, help="in all, those before a resumption included")
    p.add_argument("--bodies", type=int, default=128)
    p.add_argument("--threads", type=int, default=os.cpu_count(), help="of the physics")
    p.add_argument("--gather", type=int, default=16, help="control periods of each body between updates")
    p.add_argument("--first", type=int, default=500, help="control periods before anything is learned, also after a resumption")
    p.add_argument("--keep", type=int, default=2400, help="control periods of each body that are learned from")
    p.add_argument("--episode", type=int, default=200, help="longest episode, in control periods")
    p.add_argument("--noise", type=float, default=0.1, help="of the action, in units of the output")
    p.add_argument("--world", type=widths, default=[512, 512], help="widths of the model of the world")
    p.add_argument("--world-steps", type=int, default=24, help="updates of it after each gathering, the first time fifty times as many")
    p.add_argument("--world-batch", type=int, default=256)
    p.add_argument("--world-ahead", type=int, default=6, help="control periods that it must foretell")
    p.add_argument("--world-rate", type=float, default=1e-3)
    p.add_argument("--steps", type=int, default=12, help="updates of the policy after each gathering")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--ahead", type=int, default=16, help="control periods that the policy looks ahead")
    p.add_argument("--rate", type=float, default=5e-5, help="learning rate of the policy, falling to a tenth")
    p.add_argument("--change", type=float, default=0.02, help="cost of the command's squared change, rad^2 or (N·m)^2")
    p.add_argument("--latent", type=int, default=60)
    p.add_argument("--encoder", type=widths, default=[512, 256])
    p.add_argument("--decoder", type=widths, default=[512, 256])
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--checkpoint-s", type=float, default=60)
    a = p.parse_args(argv)
    if a.keep <= a.first or a.first <= max(a.world_ahead, a.gather):
        p.error(f"--keep {a.keep} and --first {a.first}: want more kept than gathered first, and that more than --world-ahead and --gather")
    return a


class Memory:
    """The newest control periods of all bodies."""

    def __init__(self, keep):
        self.keep, self.n, self.of = keep, 0, None

    def add(self, state):
        if self.of is None:
            self.of = {k: np.zeros((self.keep, *v.shape), v.dtype) for k, v in state.items()}
        for k, v in state.items():
            self.of[k][self.n % self.keep] = v
        self.n += 1

    def sequences(self, rng, batch, ahead):
        """So many stretches of ahead periods in which no episode begins anew."""
        when, body = np.zeros((2, 0), int)
        while len(when) < batch:
            t = rng.integers(max(0, self.n - self.keep), self.n - ahead, 2 * batch)
            i = rng.integers(0, self.of["begun"].shape[1], 2 * batch)
            whole = ~self.of["begun"][(t[:, None] + np.arange(1, ahead + 1)) % self.keep, i[:, None]].any(1)
            when, body = np.append(when, t[whole]), np.append(body, i[whole])
        at = (when[:batch] + np.arange(ahead + 1)[:, None]) % self.keep
        return {k: self.of[k][at, body[:batch]] for k in STATE}

    def moments(self, rng, batch, newest):
        """Single states, and the rows of the clips that they are at."""
        at = rng.integers(max(0, self.n - newest), self.n, batch) % self.keep, rng.integers(0, self.of["row"].shape[1], batch)
        return {k: self.of[k][at] for k in STATE}, self.of["row"][at]


class Learner:
    """What learns. The arrays that change are in the tree kept (what a checkpoint holds)."""

    def __init__(self, a, task):
        self.a, self.task, self.world = a, task, World(task, a.world)
        self.body = network.sizes(task)[1]
        self.limbs = np.searchsorted(task.seen, task.limbs)
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
        }

    def measured(self, s, key):
        """s as a robot's sensors tell it, with the mean noise of the ranges that robots are drawn from."""
        if not self.task.ranges:
            return s
        keys = dict(zip(("joints", "joint_rates", "root_rotation_rate", "root_orientation"), jax.random.split(key, 4)))
        noise = lambda name, of, width=None: np.mean(self.task.ranges[f"noise_{of}"]) * jax.random.normal(keys[name], (len(s[name]), width or s[name].shape[1]))
        return s | {
            "joints": s["joints"] + noise("joints", "joint_position_rad"), "joint_rates": s["joint_rates"] + noise("joint_rates", "joint_velocity_rad_s"),
            "root_rotation_rate": s["root_rotation_rate"] + noise("root_rotation_rate", "gyro_rad_s"),
            "root_orientation": compose(s["root_orientation"], quaternion(noise("root_orientation", "orientation_rad", 3))),
        }

    def output(self, task, params, norm, s, row, key):
        """The policy's output, its latent at the mean."""
        s = self.measured(s, key)
        full = jnp.zeros((len(row), len(task.qpos)))
        seen = s | {"joints": full.at[:, task.seen].set(s["joints"]), "joint_rates": full.at[:, task.seen].set(s["joint_rates"])}
        obs = jax.vmap(task.observation)(seen, row, s["previous"])
        latent = params["encoder"][-1]["b"].shape[0] // 2
        return network.act(params, network.normalise(norm, obs), self.body, jnp.zeros((len(row), latent)))[0], obs

    @partial(jax.jit, static_argnums=0)
    def act(self, clips, params, norm, s, row, key):
        task = self.task.on(clips)
        keys = jax.random.split(key)
        out, obs = self.output(task, params, norm, s, row, keys[0])
        return jax.vmap(task.command)(row, out + self.a.noise * jax.random.normal(keys[1], out.shape)), obs

    def cost(self, clips, s, row, before, away):
        """How far s is from a row of the clips, which are moved away."""
        t = self.task
        of = lambda error, one, weight: weight * huber(error / one**2)
        total = of(jnp.sum(rotation(clips["root_orientation"][row], s["root_orientation"]) ** 2, -1), *ROTATION)
        for name, (one, weight) in (COSTS if t.contract["observation"]["root"] else UNSEEN).items():
            error = s[name] - clips[name][row] - (away if name == "root_position" else 0)
            total += of(jnp.sum(error**2, -1), one, weight)
        joints = (s["joints"] - clips["joints"][row][:, t.seen]) ** 2
        if len(self.limbs):
            total += of(joints[:, self.limbs].mean(-1), *LIMBS)
        return total + of(joints.mean(-1), *JOINTS) + self.a.change * jnp.sum((s["previous"] - before) ** 2, -1)

    @partial(jax.jit, static_argnums=0)
    def improve(self, clips, kept, s, row, key):
        """One step of the policy down the gradient of its cost in the model of the world."""
        task, end = self.task.on(clips), self.task.end[row]
        away = jnp.zeros(3)
        if not task.contract["observation"]["root"]:  # who cannot see where it is goes on from where it is
            away = (s["root_position"] - clips["root_position"][row]) * jnp.array([1.0, 1.0, 0.0])

        def loss(params):
            def tick(carry, key):
                s, row = carry
                out, _ = self.output(task, params, kept["norm"], s, row, key)
                after = self.world.step(kept["world"], kept["scales"], s, jax.vmap(task.command)(row, out))
                next_row = jnp.minimum(row + 1, end)
                costs = self.cost(clips, after, next_row, s["previous"], away)
                return (after, next_row), jnp.where(row < end, costs, 0).mean()

            return jax.lax.scan(tick, (s, row), jax.random.split(key, self.a.ahead))[1].mean()

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
    def drift(self, kept, sequence):
        return self.world.drift(kept["world"], kept["scales"], sequence)


class Trainer(Run):
    program = "track.py"

    def __init__(self, a, argv):
        super().__init__(a, argv, world=a.world)
        self.learner, self.bodies = Learner(a, self.task), Bodies(self.task, a.bodies, a.threads, a.episode, a.seed)
        if not len(self.bodies.starts):
            refuse(f"mjx: no clip in {', '.join(a.task)} has a frame to start from")
        self.memory, self.goal = Memory(a.keep), a.transitions

    def done(self):
        return int(self.kept["update"]) * self.a.bodies * self.a.gather

    def live(self, periods, kept):
        """Lets the bodies live under the policy that is kept: states, observations, seconds."""
        began, states, seen = time.monotonic(), [], []
        for _ in range(periods):
            state = self.bodies.state()
            self.key, key = jax.random.split(self.key)
            s = {k: state[k] for k in STATE}
            command, obs = self.learner.act(self.task.clips, kept["params"], kept["norm"], s, state["row"], key)
            self.bodies.step(np.asarray(command, float), self.lots)
            states.append(state)
            seen.append(obs)
        return states, seen, time.monotonic() - began

    def remember(self, states):
        for state in states:
            self.memory.add(state)

    def begin(self):
        """The bodies, and what was kept or a fresh start."""
        past = None
        if self.a.begin:
            *past, training = policyfile.read(self.a.begin, self.task)
            self.training["notes"] = f"begun from the policy that {training['transitions']} transitions of `{training['command']}` made: {training.get('notes', '')}"
        again = self.load(self.learner.fresh(past))
        self.seeded()
        self.bodies.failure = np.array(self.kept["failure"])
        self.bodies.begin(np.arange(self.a.bodies), self.lots)
        states, seen, _ = self.live(self.a.first, self.kept)
        self.remember(states)
        if again:
            return
        if not self.a.begin:
            obs = jnp.concatenate(seen[:: max(1, len(seen) // 32)])
            self.kept["norm"] = {"mean": obs.mean(0), "std": jnp.maximum(obs.std(0), 0.005)}
        pairs = self.memory.sequences(self.rng, 8192, 1)
        first, second = ({k: v[t] for k, v in pairs.items()} for t in (0, 1))
        self.kept["scales"] = self.learner.world.scales(first, second)
        self.foretell(50 * self.a.world_steps)

    def seeded(self):
        n = int(self.kept["update"])
        self.rng, self.lots = np.random.default_rng((self.a.seed, n)), np.random.default_rng((self.a.seed, n, 1))
        self.key = jax.random.fold_in(jax.random.PRNGKey(self.a.seed), n)

    def steps(self, n, draw, step):
        """n steps of a learning, on what draw gives; the last one's cost. Each step waits for the
        one before it: many waiting steps would make the bodies wait for theirs."""
        cost = jnp.nan
        for _ in range(n):
            drawn = draw()
            jax.block_until_ready(cost)
            self.kept, cost = step(self.kept, *drawn)
        return float(cost)

    def foretell(self, steps):
        a = self.a
        return self.steps(steps, lambda: [self.memory.sequences(self.rng, a.world_batch, a.world_ahead)], self.learner.foretell)

    def improve(self, steps):
        a = self.a
        draw = lambda: (*self.memory.moments(self.rng, a.batch, 8 * a.gather), jax.random.PRNGKey(self.rng.integers(2**31)))
        return self.steps(steps, draw, partial(self.learner.improve, self.task.clips))

    def update(self):
        """One update, in which both networks learn from what is remembered while bodies live; its notes."""
        a = self.a
        self.seeded()
        with ThreadPoolExecutor(1) as beside:
            lives = beside.submit(self.live, a.gather, self.kept)
            began = time.monotonic()
            miss = self.foretell(a.world_steps)
            foretold = time.monotonic()
            cost = self.improve(a.steps)
            improved = time.monotonic()
            states, _, lived_s = lives.result()
        self.remember(states)
        far, turned = self.learner.drift(self.kept, self.memory.sequences(self.rng, a.batch, a.world_ahead))
        ended = np.array(self.bodies.ended[-500:]).reshape(-1, 2)
        share, lost = ended.mean(0) if len(ended) else (np.nan, np.nan)
        notes = self.finite({"cost": cost, "world_error": miss, "world_mm": 1000 * far, "world_rad": turned})
        self.kept = self.kept | {"update": self.kept["update"] + 1, "failure": jnp.asarray(self.bodies.failure, jnp.float32)}
        times = {"physics_s": lived_s, "world_s": foretold - began, "policy_s": improved - foretold}
        return {"survived": share, "lost": lost} | notes | times


if __name__ == "__main__":
    main(Trainer, arguments(sys.argv[1:]), sys.argv[1:])
