"""Checkpoints: the arrays that training goes on from, and what they belong to."""
import json
import os
from pathlib import Path

import jax
import numpy as np

from task import refuse


def replace(path, write):
    """Lets write fill a file that takes path's place once it is whole and on the disk."""
    partial = Path(f"{path}.part")
    with open(partial, "wb") as f:
        write(f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(partial, path)


def save(path, of, kept):
    """Keeps the arrays of the tree kept; of is what a run that goes on must share."""
    leaves = jax.device_get(jax.tree.leaves(kept))
    replace(path, lambda f: np.savez(f, of=json.dumps(of), **{f"leaf{i}": x for i, x in enumerate(leaves)}))


def load(path, of, kept):
    """kept with the arrays of path, or None where there is no file."""
    if not Path(path).exists():
        return None
    leaves = read(path, of, "remove it to start anew, or use another --out")
    if [x.shape for x in leaves] != [np.shape(x) for x in jax.tree.leaves(kept)]:
        refuse(f"mjx: {path} has arrays of other shapes than this run: it was made with other sizes of networks or by another version; use another --out")
    return jax.tree.unflatten(jax.tree.structure(kept), leaves)


def branches(path, of, kept, names):
    """Those branches of the tree that another run kept, which has the shape of kept there."""
    leaves, mine = read(path, of, "begin from another folder, or its policy file"), jax.tree.structure(kept)
    theirs = jax.tree.unflatten(mine, leaves) if len(leaves) == mine.num_leaves else {}
    for name in names:
        if jax.tree.map(np.shape, theirs.get(name)) != jax.tree.map(np.shape, kept[name]):
            refuse(f"mjx: the {name} of {path} has other shapes than this run's: it was made with other sizes of networks or by another version; begin from its policy file")
    return {name: theirs[name] for name in names}


def read(path, of, instead):
    """The arrays of path, which must be of what the run is; else says what to do instead."""
    try:
        with np.load(path) as z:
            was = json.loads(str(z["of"]))
            leaves = [z[f"leaf{i}"] for i in range(len(z.files) - 1)]
    except Exception as e:  # zipfile, zlib, numpy and json each have their own
        refuse(f"mjx: {path} is truncated or no checkpoint ({e}); {instead}")
    for k, want in of.items():
        if was.get(k) != want:
            refuse(f"mjx: {path} was made with {k} {was.get(k)}, this run has {want}; {instead}")
    return [jax.numpy.asarray(x) for x in leaves]
