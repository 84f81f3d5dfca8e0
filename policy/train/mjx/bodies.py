"""Bodies in MuJoCo proper, on the cores of a CPU, each following a clip, started again when it is lost."""
import mujoco
import numpy as np
from mujoco import rollout

from task import CONTACTS

FASTEST = 500  # rad/s or m/s: physics that goes beyond has come apart


class Bodies:
    """n bodies that step through the clips of a Task, all contacts and the solver as in MuJoCo.

    state() is what the policy may know of each, arrays with a row per body: those
    of clips.npz (of the joints those that the policy sees), activation, foot_force,
    previous (command), row (of the clips) and begun (an episode just begins here).
    """

    def __init__(self, task, n, threads, episode):
        self.task, self.n, self.episode, m = task, n, episode, task.model
        self.workers = [mujoco.MjData(m) for _ in range(threads)]
        self.scale, self.offset = np.asarray(task.ctrl_scale, float), np.asarray(task.ctrl_offset, float)
        self.clips = {k: np.asarray(v) for k, v in task.clips.items()}
        self.clip, self.end = self.clips["clip"][:, 0].astype(int), np.asarray(task.end)
        rows = np.arange(len(self.end))
        standing = self.clips["stance"].sum(1) >= min(2, len(task.feet))  # nothing survives a start in flight
        self.starts = rows[(self.end - rows >= 20) & standing]
        self.failure = np.full(len(task.first), 0.3)  # of each clip: how short of the possible episodes fell lately
        self.physics = np.zeros((n, 1 + m.nq + m.nv + m.na))  # time, positions, velocities, activations
        self.row, self.start, self.steps = np.zeros((3, n), int)
        self.previous, self.force, self.begun = np.zeros((n, m.nu)), np.zeros((n, len(task.feet))), np.ones(n, bool)
        self.ended = []  # of each finished episode: share of the possible, whether it was lost
        self.places = np.cumsum([1, m.nq, m.nv])

    def begin(self, which, rng):
        """Puts some bodies at random frames, near the reference; clips that fail are drawn up to four times as often."""
        t, c, k, n = self.task, self.clips, self.task.config["start"], len(which)
        sums = np.cumsum(1 + 3 * self.failure[self.clip[self.starts]])
        row = self.starts[np.searchsorted(sums, sums[-1] * rng.random(n), side="right")]
        noise = lambda name, width: k[name] * rng.standard_normal((n, width))
        qpos, qvel = np.zeros((n, t.model.nq)), np.zeros((n, t.model.nv))
        qpos[:, :3], qpos[:, 3:7] = c["root_position"][row], c["root_orientation"][row]
        qpos[:, t.qpos] = c["joints"][row] + noise("joints", len(t.qpos))
        qvel[:, :3] = c["root_velocity"][row] + noise("root_velocity", 3)
        qvel[:, 3:6] = c["root_rotation_rate"][row] + noise("root_rotation_rate", 3)
        qvel[:, t.qvel] = c["joint_rates"][row] + noise("joint_rates", len(t.qvel))
        held = np.zeros((n, t.model.nu)) if t.drive == "torque" else c["actuators"][row]
        act = (held * self.scale + self.offset)[:, t.filtered]
        self.physics[which] = np.concatenate([np.zeros((n, 1)), qpos, qvel, act], 1)
        self.row[which], self.start[which], self.steps[which], self.begun[which] = row, row, 0, True
        self.previous[which] = c["torque" if t.drive == "torque" else "actuators"][row]
        stance = c["stance"][row]  # forces are not known before a step: the standing feet carry the body
        self.force[which] = stance * t.weight / np.maximum(1, stance.sum(1, keepdims=True))

    def state(self):
        t = self.task
        _, qpos, qvel, act = np.split(self.physics, self.places, 1)
        activation = np.zeros((self.n, len(self.scale)))
        activation[:, t.filtered] = (act - self.offset[t.filtered]) / self.scale[t.filtered]
        floats = {
            "root_position": qpos[:, :3], "root_orientation": qpos[:, 3:7], "root_velocity": qvel[:, :3], "root_rotation_rate": qvel[:, 3:6],
            "joints": qpos[:, t.qpos[t.seen]], "joint_rates": qvel[:, t.qvel[t.seen]], "activation": activation,
            "foot_force": self.force, "previous": self.previous,
        }
        return {k: v.astype(np.float32) for k, v in floats.items()} | {"row": self.row.copy(), "begun": self.begun.copy()}

    def step(self, command, rng):
        """One control period of every body; those that are lost or done begin anew."""
        t, m = self.task, self.task.model
        ctrl = np.repeat((command * self.scale + self.offset)[:, None], t.substeps, 1)
        states, sensed = rollout.rollout(m, self.workers, self.physics, ctrl)
        self.physics = states[:, -1].copy()
        self.physics[:, 0] = 0
        normal = sensed[:, -1].reshape(self.n, len(t.force_of), CONTACTS, 3)[..., 0].sum(2)
        self.force = np.zeros_like(self.force)
        np.add.at(self.force.T, np.array(t.force_of, int), normal.T)
        self.previous, self.begun = command.copy(), np.zeros(self.n, bool)
        self.row, self.steps = self.row + 1, self.steps + 1
        lost = self.lost()
        over = lost | (self.row >= self.end[self.row]) | (self.steps >= self.episode)
        for i in np.flatnonzero(over):
            possible = min(self.episode, self.end[self.start[i]] - self.start[i])
            share = (self.steps[i] - lost[i]) / possible
            self.ended.append((share, lost[i]))
            clip = self.clip[self.start[i]]
            self.failure[clip] += 0.3 * (min(1, 2 * (1 - share)) - self.failure[clip])
        if over.any():
            self.begin(np.flatnonzero(over), rng)

    def lost(self):
        """Which roots are too far from their references, or no longer finite."""
        k, c = self.task.config["termination"], self.clips
        _, qpos, qvel, _ = np.split(self.physics, self.places, 1)
        distance = np.linalg.norm(qpos[:, :3] - c["root_position"][self.row], axis=1)
        turn = 2 * np.arccos(np.minimum(1, np.abs((qpos[:, 3:7] * c["root_orientation"][self.row]).sum(1))))
        whole = np.isfinite(self.physics).all(1) & (np.abs(qvel).max(1) < FASTEST)
        return ~((distance < k["root_position"]) & (turn < k["root_rotation"]) & whole)
