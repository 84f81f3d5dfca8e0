"""Trains a policy on a GPU, on what `whisker train --export DIR` wrote: PPO in JAX, physics in MuJoCo Warp or MJX.

    python policy/train/mjx/train.py DIR --out out/mjx --transitions 1e9

Run again with the same --out it goes on from its checkpoint. It writes
metrics.csv and BODY.policy, which `whisker run --policy` plays.
"""
import argparse
import sys
from pathlib import Path

import jax

from env import Env
from ppo import Learner
from run import Run, main
from task import refuse


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    widths = lambda text: [int(x) for x in text.split(",")]
    p.add_argument("task", nargs="+", help="folders that whisker train --export wrote, of the same task")
    p.add_argument("--out", required=True, type=Path)
    p.add_argument("--transitions", type=float, default=1e9, help="in all, those before a resumption included")
    p.add_argument("--physics", choices=["warp", "jax"], default="warp" if jax.default_backend() == "gpu" else "jax")
    p.add_argument("--contacts", choices=["feet", "all"], default="feet", help="what collides: the feet with the floor, or all that does in MuJoCo")
    p.add_argument("--iterations", type=int, default=5, help="of the constraint solver")
    p.add_argument("--envs", type=int, default=4096)
    p.add_argument("--horizon", type=int, default=16, help="transitions of each body between updates")
    p.add_argument("--minibatches", type=int, default=8)
    p.add_argument("--epochs", type=int, default=4)
    p.add_argument("--latent", type=int, default=60)
    p.add_argument("--encoder", type=widths, default=[512, 512])
    p.add_argument("--decoder", type=widths, default=[512, 512])
    p.add_argument("--critic", type=widths, default=[512, 512])
    p.add_argument("--rate", type=float, default=3e-4, help="learning rate at the start; it follows --kl")
    p.add_argument("--kl", type=float, default=0.02, help="divergence of the policy that an update aims at")
    p.add_argument("--gamma", type=float, default=0.95)
    p.add_argument("--lam", type=float, default=0.95, help="of the generalised advantage estimate")
    p.add_argument("--clip", type=float, default=0.2, help="of the probability ratio")
    p.add_argument("--noise-start", type=float, default=0.2, help="action noise, in units of the output")
    p.add_argument("--noise-end", type=float, default=0.06)
    p.add_argument("--latent-kl", type=float, default=1e-4, help="weight of the latent's divergence")
    p.add_argument("--action-cost", type=float, default=1e-3, help="weight of the squared mean output")
    p.add_argument("--episode", type=int, default=200, help="longest episode, in control periods")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--checkpoint-s", type=float, default=60)
    a = p.parse_args(argv)
    if a.envs * a.horizon % a.minibatches:
        p.error(f"--envs {a.envs} times --horizon {a.horizon} do not divide into --minibatches {a.minibatches}")
    return a


class Trainer(Run):
    program = "train.py"

    def __init__(self, a, argv):
        super().__init__(a, argv, latent=a.latent, encoder=a.encoder, decoder=a.decoder, critic=a.critic)
        self.learner = Learner(a, self.task, Env(self.task, a.envs, a.episode, a.physics, a.contacts, a.iterations))
        if not len(self.learner.env.starts):
            refuse(f"mjx: no clip in {', '.join(a.task)} has a frame to start from")
        self.large, self.key, self.goal = self.learner.env.large(), jax.random.PRNGKey(a.seed), self.learner.updates * self.learner.batch

    def begin(self):
        """The bodies, and what was kept or a fresh start."""
        again = self.load(self.learner.fresh())
        self.states = self.learner.begin(self.large, self.kept, jax.random.fold_in(self.key, int(self.kept["update"])))
        if not again:
            self.states, rows, _ = self.learner.gather(self.large, self.kept, self.states, jax.random.fold_in(self.key, 2**31))
            self.kept = self.learner.fix(self.kept, rows)

    def done(self):
        return int(self.kept["update"]) * self.learner.batch

    def update(self):
        """One update; its notes."""
        n = int(self.kept["update"])
        keys = jax.random.split(jax.random.fold_in(self.key, n))
        self.states, rows, sigma = self.learner.gather(self.large, self.kept, self.states, keys[0])
        kept, notes = self.learner.learn(self.kept, rows, sigma, keys[1])
        notes = self.finite(notes)
        self.kept = kept
        return notes


if __name__ == "__main__":
    main(Trainer, arguments(sys.argv[1:]), sys.argv[1:])
