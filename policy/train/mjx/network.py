"""The network of package policy (Go): encoder, latent intention, decoder; and a critic."""
import jax
import jax.numpy as jnp

CLIP = 5.0  # normalised observations are held within it


def init(key, task, encoder, decoder, critic, latent):
    """Random parameters; the output starts at zero, the latent's noise small."""
    obs, body = sizes(task)
    act = len(task.contract["actuators"])
    k = jax.random.split(key, 3)
    enc = dense(k[0], [obs, *encoder, 2 * latent], 1)
    enc[-1]["b"] = enc[-1]["b"].at[latent:].set(-3)
    return {"encoder": enc, "decoder": dense(k[1], [latent + body, *decoder, act], 0), "critic": dense(k[2], [obs, *critic, 1], 1)}


def sizes(task):
    """The sizes of the observation and of its proprioceptive part."""
    layout = task.contract["observation"]
    body = sum(t["size"] for t in layout["proprioception"])
    return body + sum(t["size"] for t in layout["reference"]), body


def dense(key, widths, last):
    layers = []
    for i, (n, m) in enumerate(zip(widths, widths[1:])):
        key, sub = jax.random.split(key)
        scale = last if i == len(widths) - 2 else 1
        layers.append({"w": scale * jax.random.normal(sub, (m, n)) / jnp.sqrt(n), "b": jnp.zeros(m)})
    return layers


def run(layers, x):
    for layer in layers[:-1]:
        x = jax.nn.elu(x @ layer["w"].T + layer["b"])
    return x @ layers[-1]["w"].T + layers[-1]["b"]


def value(p, x):
    return run(p["critic"], x)[..., 0]


def normalise(norm, obs):
    return jnp.clip((obs - norm["mean"]) / norm["std"], -CLIP, CLIP)


def act(p, x, body, noise):
    """Mean output, and mean and sigma of the latent, for normalised x and latent noise.
    Nothing but the latent carries the reference to the output."""
    h = run(p["encoder"], x)
    latent = h.shape[-1] // 2
    mean, sigma = h[..., :latent], 0.01 + 0.99 * jax.nn.sigmoid(h[..., latent:])
    return run(p["decoder"], jnp.concatenate([mean + sigma * noise, x[..., :body]], -1)), mean, sigma
