"""A training run and its folder: what the trainers have around their learning."""
import csv
import os
import shlex
import sys
import time

import jax
import numpy as np

import checkpoint
import curves
import policyfile
from task import Task


class Run:
    """What a command line asks for. A trainer has begin (sets kept, the tree of arrays
    that it goes on from), update (one step; its notes), done and goal, in transitions."""

    program = ""

    def __init__(self, a, argv, **of):
        self.a, self.task, self.path = a, Task(*a.task), a.out / "checkpoint.npz"
        self.of = {"body": self.task.contract["body_hash"], "task": self.task.config, "frames": len(self.task.end), "seed": a.seed} | of
        self.training = {"command": f"python policy/train/mjx/{self.program} {shlex.join(argv)}", "seed": a.seed, "data": self.task.data}

    def load(self, fresh):
        """Sets kept to what the folder has, else to fresh; whether the folder had something."""
        self.kept = checkpoint.load(self.path, self.of, fresh)
        if self.kept is None:
            self.kept = fresh
            return False
        print(f"goes on from {self.done()} transitions", flush=True)
        return True

    def finite(self, notes):
        """notes as numbers; one that is not finite ends the program."""
        notes = {k: float(v) for k, v in notes.items()}
        for k, v in notes.items():
            if not np.isfinite(v):
                sys.exit(f"mjx: {k} is {v} at update {int(self.kept['update'])}; the last checkpoint is kept, start again from it with a lower --rate")
        return notes

    def params(self):
        """The network that a policy file gets."""
        return self.kept["params"]

    def policy(self):
        return self.a.out / f"{self.task.body['name']}.policy"

    def keep(self):
        policyfile.write(self.policy(), self.task, jax.device_get(self.params()), self.kept["norm"], self.training | {"transitions": self.done()})
        checkpoint.save(self.path, self.of, self.kept)
        curves.page(self.metrics(), self.training["command"])

    def metrics(self):
        return self.a.out / "metrics.csv"

    def learn(self):
        """Updates up to the goal, with a line of metrics each and a checkpoint now and then."""
        before, began = self.done(), time.monotonic()
        kept = began
        curves.taken_up(self.metrics(), before)
        with open(self.metrics(), "a", newline="") as f:
            log = csv.writer(f)
            while self.done() < self.goal:
                notes = self.update()
                if f.tell() == 0:
                    log.writerow(["transitions", *notes])
                log.writerow([self.done(), *(f"{v:.5g}" for v in notes.values())])
                f.flush()
                rate = (self.done() - before) / (time.monotonic() - began)
                left = (self.goal - self.done()) / rate
                print(f"{self.done()} transitions  {rate:.0f}/s  left {left:.0f} s  " + "  ".join(f"{k} {v:.4g}" for k, v in notes.items()), flush=True)
                if time.monotonic() - kept >= self.a.checkpoint_s:
                    self.keep()
                    kept = time.monotonic()
        self.keep()


def main(trainer, a, argv):
    """Runs a trainer to its goal, or until Ctrl-C."""
    a.out.mkdir(parents=True, exist_ok=True)
    # Compiled programs are kept, so that a run that goes on does so at once.
    jax.config.update("jax_compilation_cache_dir", os.environ.get("JAX_COMPILATION_CACHE_DIR", str(a.out / "compiled")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1)
    run = trainer(a, argv)
    begun = False
    try:
        run.begin()
        begun = True
        run.learn()
    except KeyboardInterrupt:
        if not begun:
            print("stopped before anything was learned", file=sys.stderr)
        else:
            run.keep()
            print(f"stopped at {run.done()} transitions; the same command goes on", file=sys.stderr)
        sys.exit(130)
    print(run.policy())
