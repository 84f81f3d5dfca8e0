"""Reads and writes a policy file as package policy (Go) reads it; the format is in policy/file.go."""
import hashlib
import json
import struct

import numpy as np

import jax.numpy as jnp

import network
from checkpoint import replace
from task import refuse

GOLDEN = 4  # pairs of observation and output by which a reader checks what it computes


def write(path, task, params, norm, training):
    """Writes path whole or not at all. training is the contract's provenance."""
    obs, body = network.sizes(task)
    latent = params["encoder"][-1]["b"].shape[0] // 2
    head = {"clip": network.CLIP, "latent": latent}
    mean, std = np.asarray(norm["mean"], "<f4"), np.asarray(norm["std"], "<f4")
    tensors = [mean, std]
    for name in ("encoder", "decoder"):
        head[name] = []
        for i, layer in enumerate(params[name]):
            out, n = layer["w"].shape
            shape = {"name": f"{name}_{i + 1}", "kind": "dense", "in": n, "out": out}
            head[name].append(shape if i == len(params[name]) - 1 else shape | {"activation": "elu"})
            tensors += [layer["w"], layer["b"]]
    rng = np.random.default_rng(7)
    for _ in range(GOLDEN):
        x = (mean + std * rng.standard_normal(obs)).astype("<f4")
        tensors += [x, output(params, np.clip((x - mean) / std, -network.CLIP, network.CLIP), body, latent)]
    header = json.dumps({"contract": dict(task.contract, training=training), "network": head, "golden": GOLDEN}).encode()
    text = b"WHISKPOL" + struct.pack("<II", 1, len(header)) + header
    text += b"".join(np.asarray(t, "<f4").tobytes() for t in tensors)
    replace(path, lambda f: f.write(text + hashlib.sha256(text).digest()))


def output(params, x, body, latent):
    """network.act with the latent at its mean, in double precision: a GPU rounds products to 10 bits."""

    def run(layers, x):
        for i, layer in enumerate(layers):
            x = np.asarray(layer["w"], float) @ x + np.asarray(layer["b"], float)
            x = x if i == len(layers) - 1 else np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
        return x

    return run(params["decoder"], np.concatenate([run(params["encoder"], x)[:latent], x[:body]]))


def read(path, task, look=False):
    """Network, normaliser and provenance of a policy file for the task's body, without a path from reference to
    command but its latent. The task takes over what an output of one means there. With look the policy may
    see other frames of the reference than the task's: it is given those, as looking has it."""
    try:
        text = path.read_bytes()
        magic, (version, n) = text[:8], struct.unpack("<II", text[8:16])
        header = json.loads(text[16:16 + n])
        if (magic, version) != (b"WHISKPOL", 1) or hashlib.sha256(text[:-32]).digest() != text[-32:]:
            raise ValueError("no policy file of version 1, or truncated")
    except (OSError, ValueError, struct.error) as e:
        refuse(f"mjx: {path}: {e}")
    contract, x = header["contract"], np.frombuffer(text[16 + n:-32], "<f4")
    task.contract["action"]["scale"] = contract["action"]["scale"]
    had, has = contract["observation"], task.contract["observation"]
    for key in ("body_hash", "action", "observation"):
        if contract[key] != task.contract[key] and not (look and key == "observation" and alike(had, has)):
            refuse(f"mjx: {path} and the task differ in {key}; want a policy of the same body, drives and observation, without residual")
    task.action_scale = jnp.asarray(contract["action"]["scale"], jnp.float32)

    def take(*shape):
        nonlocal x
        size = int(np.prod(shape))
        part, x = x[:size].reshape(shape), x[size:]
        return jnp.asarray(part)

    obs = header["network"]["encoder"][0]["in"]
    norm = {"mean": take(obs), "std": take(obs)}
    layers = lambda name: [{"w": take(k["out"], k["in"]), "b": take(k["out"])} for k in header["network"][name]]
    params = {"encoder": layers("encoder"), "decoder": layers("decoder")}
    return *(looking(params, norm, had, has) if had != has else (params, norm)), contract["training"]


def alike(one, other):
    """Whether observations differ in nothing but the frames of the reference."""
    apart = lambda layout: {k: v for k, v in layout.items() if k not in ("frames", "reference")} | {"terms": [t["name"] for t in layout["reference"]]}
    return apart(one) == apart(other)


def looking(params, norm, had, has):
    """params and norm of a policy that saw observations laid out as had, for those laid out as has, with other frames of
    the reference. It does what it did: what it did not see weighs nothing, and deviates without end, so that it is zero."""

    def inputs(layout):
        names = [(t["name"], i) for t in layout["proprioception"] for i in range(t["size"])]
        for t in layout["reference"]:
            frames = [0] * (t["name"] == "stance") + layout["frames"]
            names += [(t["name"], f, i) for f in frames for i in range(t["size"] // len(frames))]
        return names

    place = {name: i for i, name in enumerate(inputs(had))}
    at = np.array([place.get(name, -1) for name in inputs(has)])
    take = lambda x, other: jnp.where(at < 0, other, x[..., at])
    first, *rest = params["encoder"]
    return params | {"encoder": [first | {"w": take(first["w"], 0)}, *rest]}, {"mean": take(norm["mean"], 0), "std": take(norm["std"], jnp.inf)}


def begun(training):
    """What the notes of a policy say that began from one with that training."""
    return f"begun from the policy that {training['transitions']} transitions of `{training['command']}` made: {training.get('notes', '')}"
