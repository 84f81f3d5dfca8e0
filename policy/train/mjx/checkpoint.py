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
    try:
        with np.load(path) as z:
            was = json.loads(str(z["of"]))
            leaves = [z[f"leaf{i}"] for i in range(len(z.files) - 1)]
    except Exception as e:  # zipfile, zlib, numpy and json each have their own
        refuse(f"mjx: {path} is truncated or no checkpoint ({e}); remove it to start anew")
    for k, want in of.items():
        if was.get(k) != want:
            refuse(f"mjx: {path} was made with {k} {was.get(k)}, this run has {want}; use another --out")
    if [x.shape for x in leaves] != [np.shape(x) for x in jax.tree.leaves(kept)]:
        refuse(f"mjx: {path} has arrays of other shapes than this run: it was made with other sizes of networks or by another version; use another --out")
    return jax.tree.unflatten(jax.tree.structure(kept), [jax.numpy.asarray(x) for x in leaves])
