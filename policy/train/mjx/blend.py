"""Blends policies of which one began from the other: the mean of their weights, each with its share.

    python policy/train/mjx/blend.py DIR --out rat.policy policy/rat.policy=0.7 out/train/track/rat.policy=0.3

DIR is what `whisker train --export` wrote for their body. What a run gains on some motions
it may lose on others; on the way between the weights of its two ends (Wortsman et al.,
Robust fine-tuning of zero-shot models, CVPR 2022) there are policies that have both.
"""
import argparse
import hashlib
import shlex
import sys
from pathlib import Path

import jax
import numpy as np

import policyfile
from task import Task, refuse


def share(text):
    path, _, part = text.rpartition("=")
    try:
        return Path(path), float(part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: want POLICY=SHARE, as in rat.policy=0.3")


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("task", help="folder that whisker train --export wrote")
    p.add_argument("policies", nargs="+", type=share, metavar="POLICY=SHARE")
    p.add_argument("--out", required=True, type=Path)
    a = p.parse_args(argv)
    total = sum(part for _, part in a.policies)
    if not abs(total - 1) < 1e-6:
        p.error(f"the shares add up to {total:g}, want 1")
    return a


def main(argv):
    a = arguments(argv)
    task = Task(a.task)
    (first, one), *rest = a.policies
    params, norm, training = policyfile.read(first, task)
    mean = jax.tree.map(lambda x: one * x, params)
    notes, data, begun = [describe(first, one, training)], [training["data"]], policyfile.begun(training)
    for path, part in rest:
        other, seen, how = policyfile.read(path, task)
        if jax.tree.map(np.shape, other) != jax.tree.map(np.shape, params) or any(not np.array_equal(norm[k], seen[k]) for k in norm):
            refuse(f"mjx: {path} and {first} have other layers or normalisers; want policies of which one began from the other")
        mean = jax.tree.map(lambda x, y: x + part * y, mean, other)
        if training.get("notes") and how.get("notes") == training["notes"]:
            how["notes"] = f"as {digest(first)}"
        notes.append(describe(path, part, how).replace(begun, f"begun from {digest(first)}"))
        data += [how["data"]] if how["data"] not in data else []
    training |= {"command": f"python policy/train/mjx/blend.py {shlex.join(argv)}", "notes": "; ".join(notes), "data": "; of others: ".join(data)}
    policyfile.write(a.out, task, jax.device_get(mean), norm, training)
    print(a.out)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def describe(path, part, training):
    return f"{part:g} of {digest(path)}, which {training['transitions']} transitions of `{training['command']}` made: {training.get('notes', '')}"


if __name__ == "__main__":
    main(sys.argv[1:])
