"""Trains a policy through a learned model of the world, on what `whisker train --export DIR` wrote.

    python policy/train/mjx/track.py DIR --out out/track --from policy/rat.policy

Bodies in MuJoCo proper follow the clips under the policy and some noise, robots with
a profile each a little off its model (robots.yaml). A network
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

import checkpoint
import policyfile
from bodies import Bodies
from descent import Learner
from run import Run, main
from task import refuse

STATE = ("root_position", "root_orientation", "root_velocity", "root_rotation_rate", "joints", "joint_rates", "activation", "foot_force", "previous", "pending", "traits")


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    widths = lambda text: [int(x) for x in text.split(",")]
    p.add_argument("task", nargs="+", help="folders that whisker train --export wrote, of the same task")
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--from", dest="begin", type=Path, help="policy file to go on from in place of random weights, also one that looks at other frames of the reference; or the folder of a run, of which the model of the world goes on too")
    p.add_argument("--transitions", type=float, default=4e6, help="in all, those before a resumption included")
    p.add_argument("--bodies", type=int, default=128)
    p.add_argument("--threads", type=int, default=os.cpu_count(), help="of the physics")
    p.add_argument("--gather", type=int, default=16, help="control periods of each body between updates")
    p.add_argument("--first", type=int, default=500, help="control periods before anything is learned, also after a resumption")
    p.add_argument("--keep", type=int, default=2400, help="control periods of each body that are learned from")
    p.add_argument("--episode", type=int, default=200, help="longest episode, in control periods")
    p.add_argument("--noise", type=float, default=0.1, help="deviation of the noisiest body's action, in units of the output; the others have less, down to none")
    p.add_argument("--settle", action="store_true", help="of a policy that stands, of robots that cannot see where they are: bodies have less noise, and what they go too far is taken off what they are to reach")
    p.add_argument("--kick", type=float, default=0, metavar="M_S", help="deviation of sudden changes of the root's velocity, once in half a second, and over its standing height of its rotation rate")
    p.add_argument("--rough", type=float, default=0, metavar="M", help="deviation of smooth errors of the root's position in references as they are shown, and over the robot's standing height of its rotation and joints; none to all of it, by body")
    p.add_argument("--world", type=widths, default=[512, 512], help="widths of the model of the world")
    p.add_argument("--world-steps", type=int, default=24, help="updates of it after each gathering, the first time fifty times as many")
    p.add_argument("--world-batch", type=int, default=256)
    p.add_argument("--world-ahead", type=int, default=6, help="control periods that it must foretell")
    p.add_argument("--world-rate", type=float, default=1e-3)
    p.add_argument("--steps", type=int, default=12, help="updates of the policy after each gathering; before all, fifty times as many towards the clips' own commands")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--ahead", type=int, default=16, help="control periods that the policy looks ahead")
    p.add_argument("--rate", type=float, default=5e-5, help="learning rate of the policy, falling to a tenth")
    p.add_argument("--average", type=int, default=40, help="latest updates over which the weights in the policy's file are averaged")
    p.add_argument("--change", type=float, default=0.02, help="cost of the command's squared change, rad^2 or (N·m)^2")
    p.add_argument("--shiver", type=float, default=0, help="cost of the squared difference of that from the change of the clip's own command")
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


class Trainer(Run):
    program = "track.py"

    def __init__(self, a, argv):
        super().__init__(a, argv, world=a.world)
        # With --settle every other one of the quieter half is the model itself: one of many, and the first that a user has.
        ideals = range(0, a.bodies // 2, 2) if a.settle else ()
        self.learner, self.bodies = Learner(a, self.task), Bodies(self.task, a.bodies, a.threads, a.episode, a.kick, a.seed, ideals)
        if not len(self.bodies.starts):
            refuse(f"mjx: no clip in {', '.join(a.task)} has a frame to start from")
        if a.settle and not self.learner.blind:
            refuse(f"mjx: --settle: {self.task.body['name']} sees where it is, its policy goes nowhere else")
        self.memory, self.goal = Memory(a.keep), a.transitions

    def done(self):
        return int(self.kept["update"]) * self.a.bodies * self.a.gather

    def params(self):
        return self.kept["mean"]["params"]

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
        past, folder = None, self.a.begin if self.a.begin and self.a.begin.is_dir() else None
        if self.a.begin:
            *past, training = policyfile.read(folder / self.policy().name if folder else self.a.begin, self.task, look=True)
            self.training["notes"] = policyfile.begun(training)
        fresh = self.learner.fresh(past)
        if folder:
            fresh |= checkpoint.branches(folder / self.path.name, {k: self.of[k] for k in ("body", "world")}, fresh, ("world", "scales"))
            fresh["mean"]["world"] = fresh["world"]
        again = self.load(fresh)
        self.seeded()
        self.bodies.failure = np.array(self.kept["failure"])
        self.bodies.begin(np.arange(self.a.bodies), self.lots)
        if not (again or self.a.begin):
            self.imitate()
        states, seen, _ = self.live(self.a.first, self.kept)
        self.remember(states)
        self.kept["norm"] = known(self.kept["norm"], seen)
        if again or folder:
            return
        pairs = self.memory.sequences(self.rng, 8192, 1)
        first, second = ({k: v[t] for k, v in pairs.items()} for t in (0, 1))
        self.kept["scales"] = self.learner.world.scales(first, second)
        self.kept, _ = self.foretell(50 * self.a.world_steps)
        self.kept["mean"]["world"] = self.kept["world"]

    def imitate(self):
        """Gives a fresh policy a normaliser and the clips' own commands. Not only bodies teach it that
        live under a policy that does nothing, which see little and are soon where their clips are not, but
        also ones that are put along the clips: what normalisers have not seen is cut off."""
        states, seen, _ = self.live(self.a.first, self.kept)
        self.remember(states)
        seen = seen[:: max(1, len(seen) // 32)]
        for _ in range(64):
            self.bodies.begin(np.arange(self.a.bodies), self.lots)
            states, more, _ = self.live(1, self.kept)
            self.remember(states)
            seen = seen + more
        self.kept["norm"] = normaliser(seen)
        self.kept, _ = self.descend(self.learner.imitate, 50 * self.a.steps, self.a.keep)
        self.kept["adam"], self.kept["mean"]["params"] = self.learner.adam.init(self.kept["params"]), self.kept["params"]
        self.memory = Memory(self.a.keep)

    def seeded(self):
        n = int(self.kept["update"])
        self.rng, self.lots, self.world_rng = (np.random.default_rng((self.a.seed, n, *of)) for of in ((), (1,), (2,)))
        self.key = jax.random.fold_in(jax.random.PRNGKey(self.a.seed), n)

    def steps(self, n, draw, step):
        """n steps of a learning from what is kept, on what draw gives; what it ends with, and the last
        one's cost. Each step waits for the one before it: many waiting steps would make the bodies wait for theirs."""
        kept, cost = self.kept, jnp.nan
        for _ in range(n):
            drawn = draw()
            jax.block_until_ready(cost)
            kept, cost = step(kept, *drawn)
        return kept, float(cost)

    def foretell(self, steps):
        a = self.a
        return self.steps(steps, lambda: [self.memory.sequences(self.world_rng, a.world_batch, a.world_ahead)], self.learner.foretell)

    def descend(self, step, steps, newest):
        """Steps of the policy, from states of so many of the newest control periods."""
        draw = lambda: (*self.memory.moments(self.rng, self.a.batch, newest), jax.random.PRNGKey(self.rng.integers(2**31)))
        return self.steps(steps, draw, partial(step, self.task.clips))

    def update(self):
        """One update, in which both networks learn from what is remembered while bodies live; its notes."""
        a = self.a
        self.seeded()
        with ThreadPoolExecutor(2) as beside:
            lives = beside.submit(self.live, a.gather, self.kept)
            foretold = beside.submit(timed, self.foretell, a.world_steps)
            policy, cost, policy_s = timed(self.descend, self.learner.improve, a.steps, 8 * a.gather)
            world, miss, world_s = foretold.result()
            states, _, lived_s = lives.result()
        self.kept = self.kept | {k: policy[k] for k in ("params", "adam")} | {k: world[k] for k in ("world", "world_adam")}
        self.remember(states)
        speed, manner = self.learner.settling.astray(self.task.clips, states)
        far, turned = self.learner.missed(self.kept, self.memory.sequences(self.rng, a.batch, a.world_ahead))
        ended = np.array(self.bodies.ended[-500:]).reshape(-1, 2)
        share, lost = ended.mean(0) if len(ended) else (np.nan, np.nan)
        notes = self.finite({"cost": cost, "world_error": miss, "world_mm": 1000 * far, "world_rad": turned, "ahead_mm_s": 1000 * speed[:, 0].mean() if len(speed) else 0.0})
        self.kept = self.learner.averaged(self.kept)
        self.kept = self.kept | {"update": self.kept["update"] + 1, "failure": jnp.asarray(self.bodies.failure, jnp.float32)}
        if a.settle:
            self.kept["drift"] = self.learner.settling.learned(self.kept["drift"], speed, manner)
        times = {"physics_s": lived_s, "world_s": world_s, "policy_s": policy_s}
        return {"survived": share, "lost": lost} | notes | times


def normaliser(seen):
    obs = jnp.concatenate(seen)
    return {"mean": obs.mean(0), "std": jnp.maximum(obs.std(0), 0.005)}


def known(norm, seen):
    """norm with that of what was seen for what it does not know yet, as policyfile.looking leaves it."""
    new = jnp.isinf(norm["std"])
    if not new.any():
        return norm
    return jax.tree.map(lambda old, now: jnp.where(new, now, old), norm, normaliser(seen[:: max(1, len(seen) // 32)]))


def timed(do, *on):
    """What do(*on) gives, and the seconds it took."""
    began = time.monotonic()
    return *do(*on), time.monotonic() - began


if __name__ == "__main__":
    main(Trainer, arguments(sys.argv[1:]), sys.argv[1:])
