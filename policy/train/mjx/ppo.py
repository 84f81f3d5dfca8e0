"""Proximal policy optimisation (Schulman et al. 2017), a rollout and an update each one compiled program."""
from functools import partial

import jax
import jax.numpy as jnp
import optax

import network

RATES = (1e-5, 1e-3)  # within which the learning rate follows the divergence


class Learner:
    """The learning of a policy in an Env. Arrays that change are in the trees
    that its functions take and give: kept (what a checkpoint holds) and states
    (the bodies); a is what the command line says."""

    def __init__(self, a, task, env):
        self.a, self.task, self.env = a, task, env
        self.batch = a.envs * a.horizon
        self.updates = max(1, int(a.transitions // self.batch))
        self.adam = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
        self.body = network.sizes(task)[1]
        self.moves = task.action_scale != 0  # the others' output does nothing

    def fresh(self):
        """What training starts from."""
        a, n = self.a, self.env.buckets
        params = network.init(jax.random.PRNGKey(a.seed), self.task, a.encoder, a.decoder, a.critic, a.latent)
        obs, _ = network.sizes(self.task)
        return {
            "update": jnp.zeros((), jnp.int32), "params": params, "adam": self.adam.init(params), "rate": jnp.asarray(a.rate, jnp.float32),
            "norm": {"mean": jnp.zeros(obs), "std": jnp.ones(obs)},
            "failure": jnp.ones(n),  # of each bucket of starts: share of its episodes lately that were lost
        }

    @partial(jax.jit, static_argnums=0)
    def begin(self, large, kept, key):
        """Every body at a start; large is Env.large."""
        env = self.env.on(large)
        return jax.vmap(env.begin, (0, None))(jax.random.split(key, self.a.envs), env.weights(kept["failure"]))

    @partial(jax.jit, static_argnums=0, donate_argnums=3)
    def gather(self, large, kept, states, key):
        """A horizon of transitions of every body."""
        a, env = self.a, self.env.on(large)
        weights = env.weights(kept["failure"])
        sigma = a.noise_start + (a.noise_end - a.noise_start) * jnp.minimum(1, kept["update"] / self.updates)

        def tick(states, key):
            k = jax.random.split(key, 3)
            obs = jax.vmap(env.observe)(states)
            x = network.normalise(kept["norm"], obs)
            eps = jax.random.normal(k[0], (a.envs, a.latent))
            mean, _, _ = network.act(kept["params"], x, self.body, eps)
            out = mean + sigma * jax.random.normal(k[1], mean.shape)
            states, step = jax.vmap(env.step, (0, 0, 0, None))(states, out, jax.random.split(k[2], a.envs), weights)
            after = network.value(kept["params"], network.normalise(kept["norm"], step.observation))
            return states, {
                "obs": obs, "x": x, "eps": eps, "out": out, "mean": mean, "value": network.value(kept["params"], x),
                "after": jnp.where(step.lost, 0, after), "reward": step.reward, "lost": step.lost, "ended": step.ended, "start": step.start,
            }

        states, rows = jax.lax.scan(tick, states, jax.random.split(key, a.horizon))

        def back(carry, r):
            # Rewards times 1 - gamma, so that values stay below one.
            delta = (1 - a.gamma) * r["reward"] + a.gamma * r["after"] - r["value"]
            advantage = delta + a.gamma * a.lam * jnp.where(r["ended"], 0, carry)
            return advantage, advantage

        _, advantage = jax.lax.scan(back, jnp.zeros(a.envs), rows, reverse=True)
        rows["advantage"], rows["return"] = advantage, advantage + rows["value"]
        return states, rows, sigma

    @partial(jax.jit, static_argnums=0)
    def fix(self, kept, rows):
        """kept with the normaliser fixed on what rows saw: a moving one made policies forget."""
        obs = rows["obs"].reshape(self.batch, -1)
        return kept | {"norm": {"mean": obs.mean(0), "std": jnp.maximum(obs.std(0), 0.005)}}

    def loss(self, params, b, sigma):
        a = self.a
        mean, m, s = network.act(params, b["x"], self.body, b["eps"])
        square = lambda centre: jnp.sum(jnp.where(self.moves, (b["out"] - centre) ** 2, 0), -1)
        ratio = jnp.exp((square(b["mean"]) - square(mean)) / (2 * sigma**2))
        gain = jnp.minimum(ratio * b["advantage"], jnp.clip(ratio, 1 - a.clip, 1 + a.clip) * b["advantage"])
        spread = jnp.mean(jnp.sum(0.5 * (m**2 + s**2 - 1) - jnp.log(s), -1))
        miss = jnp.mean((network.value(params, b["x"]) - b["return"]) ** 2)
        kl = jnp.mean(jnp.sum(jnp.where(self.moves, (mean - b["mean"]) ** 2, 0), -1)) / (2 * sigma**2)
        return -gain.mean() + 0.5 * miss + a.latent_kl * spread + a.action_cost * jnp.mean(mean**2), (kl, spread, miss)

    @partial(jax.jit, static_argnums=0)
    def learn(self, kept, rows, sigma, key):
        """An update, and notes on it."""
        a = self.a
        flat = {k: rows[k].reshape(self.batch, *rows[k].shape[2:]) for k in ("x", "eps", "out", "mean", "advantage", "return")}
        flat["advantage"] = (flat["advantage"] - flat["advantage"].mean()) / (flat["advantage"].std() + 1e-6)

        def minibatch(carry, index):
            params, adam = carry
            grad, notes = jax.grad(self.loss, has_aux=True)(params, {k: v[index] for k, v in flat.items()}, sigma)
            change, adam = self.adam.update(grad, adam)
            return (jax.tree.map(lambda p, c: p - kept["rate"] * c, params, change), adam), notes

        shuffled = lambda k: jax.random.permutation(k, self.batch).reshape(a.minibatches, -1)
        order = jnp.concatenate([shuffled(k) for k in jax.random.split(key, a.epochs)])
        (params, adam), notes = jax.lax.scan(minibatch, (kept["params"], kept["adam"]), order)
        kl, spread, miss = (n[-a.minibatches:].mean() for n in notes)
        grow = jnp.where(kl > 2 * a.kl, 1 / 1.5, jnp.where(kl < a.kl / 2, 1.5, 1))
        ended, lost = rows["ended"].sum(), rows["lost"].sum()
        kept = kept | {
            "update": kept["update"] + 1, "params": params, "adam": adam,
            "rate": jnp.clip(kept["rate"] * grow, *RATES), "failure": self.failure(kept["failure"], rows),
        }
        return kept, {
            "reward": rows["reward"].mean(), "lost": lost / jnp.maximum(1, ended),
            "episode_s": self.batch / jnp.maximum(1, ended) * self.task.body["period_ns"] * 1e-9,
            "divergence": kl, "rate": kept["rate"], "value_error": miss, "latent": spread, "noise": sigma, "weights": optax.global_norm(params),
        }

    def failure(self, before, rows):
        """The share of lost episodes per bucket of starts, moved towards what rows saw."""
        count = lambda which: jnp.zeros_like(before).at[rows["start"].ravel()].add(which.ravel().astype(jnp.float32))
        begun = count(rows["ended"])
        share = count(rows["lost"]) / jnp.maximum(1, begun)
        return before + (1 - 0.7**begun) * (share - before)
