"""What robots that cannot see where they are go too far (--settle in track.py)."""
import jax.numpy as jnp
import numpy as np

from world import into, level, turn

# The model of the world errs by a tenth of a millimetre a period, on one side for long: too little
# to learn, and enough to miss the end of a slow way by a fifth. Which side depends on the motion.
# So much of what robots were seen to go too far is taken off what they are to reach, each update,
# and no more than FARTHEST (m/s) in all.
SHARE, FARTHEST = 0.03, 0.1

WINDOW, LONG = 0.3, 1.0  # s, over which velocities are smoothed, and what tells slow motions from others
SLOW, WIDEST = 0.15, 3.0  # m/s; deviations of what describes a motion, that are told apart
WAVES, LENGTH = 49, 4.0  # so many waves over postures and velocities, as long as so many deviations of them all


class Settling:
    """Foretells by how much a motion goes too far, m/s ahead and to the left of the clip's heading,
    as a linear function of what describes a row of the clips (clips["manner"]). Its numbers (manners, 2)
    are learned from bodies; where they are not to be, one description does for all rows."""

    def __init__(self, task, learn):
        self.dt = task.body["period_ns"] * 1e-9
        task.clips["manner"] = jnp.asarray(self.manner(task) if learn else np.ones((len(task.clips["row"]), 1)), jnp.float32)
        self.manners = task.clips["manner"].shape[1]

    def manner(self, task):
        """What describes the rows: uncorrelated over all of them, of deviation 1."""
        c = {k: np.asarray(task.clips[k], float) for k in ("root_position", "root_orientation", "root_velocity", "root_rotation_rate")}
        smooth = lambda x, s: smoothed(task, x, round(s / self.dt))
        velocity = np.asarray(into(level(c["root_orientation"]), c["root_velocity"]))
        ahead, left, spin = (smooth(x, WINDOW) for x in (velocity[:, 0], velocity[:, 1], c["root_rotation_rate"][:, 2]))
        slow = np.exp(-smooth((velocity[:, :2] ** 2).sum(1), LONG) / SLOW**2)
        wobble = np.sqrt(smooth((c["root_rotation_rate"][:, :2] ** 2).sum(1), LONG))
        tilt = np.asarray(into(c["root_orientation"], np.broadcast_to([0.0, 0.0, -1.0], velocity.shape)))[:, :2]
        known = normal([ahead, left, spin, abs(spin), wobble, slow, *tilt.T, c["root_position"][:, 2], *np.asarray(task.clips["joints"], float).T])
        lots = np.random.default_rng(0)
        waves = np.cos(known @ lots.normal(size=(known.shape[1], WAVES)) / LENGTH + lots.uniform(0, 2 * np.pi, WAVES))
        of = np.concatenate([np.ones((len(known), 1)), known[:, :9], slow[:, None] * known[:, :9], waves], 1)
        factor = np.linalg.cholesky(of.T @ of / len(of) + 0.01 * np.eye(of.shape[1]))
        return np.clip(np.linalg.solve(factor, of.T).T, -WIDEST, WIDEST)

    def astray(self, clips, states):
        """How much faster than the clips (n, 2) bodies went that went on all the time, of the quieter
        half, and what describes their motion (n, manners)."""
        first, last = states[0], states[-1]
        whole = ~np.any([last["hung"], *(s["begun"] for s in states[1:])], 0)
        whole[len(whole) // 2:] = False
        away = [s["root_position"] - clips["root_position"][s["row"]] for s in (first, last)]
        speed = into(level(clips["root_orientation"][first["row"]]), away[1] - away[0]) / (self.dt * (len(states) - 1))
        manner = np.mean([clips["manner"][s["row"]] for s in states], 0)
        return np.asarray(speed)[whole, :2], manner[whole]

    def learned(self, drift, speed, manner):
        """The numbers, after bodies with a manner were seen to go too fast."""
        return drift + SHARE * manner.T @ speed / max(1, len(speed))

    def slower(self, clips, drift, row):
        """What is taken off the velocity of a row, m/s, world frame."""
        off = jnp.clip(clips["manner"][row] @ drift, -FARTHEST, FARTHEST)
        return turn(level(clips["root_orientation"][row]), jnp.append(off, jnp.zeros((len(row), 1)), 1))


def normal(columns):
    """Columns as deviations from their means."""
    x = np.stack(columns, 1)
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-6)


def smoothed(task, x, window):
    """x, a number per row of the clips, as the mean over about so many rows of the same clip."""
    sums, rows, half = np.append(0, np.cumsum(x)), np.arange(len(x)), window // 2
    clip = np.searchsorted(task.first, rows, side="right") - 1
    low, high = np.maximum(rows - half, task.first[clip]), np.minimum(rows + half, task.last[clip])
    return (sums[high + 1] - sums[low]) / (high + 1 - low)
