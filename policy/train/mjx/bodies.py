"""Bodies in MuJoCo proper, on the cores of a CPU, each following a clip, started again when it is lost."""
import copy

import mujoco
import numpy as np
from mujoco import rollout

from task import CONTACTS

KICKS = 0.04  # share of control periods that end with one
FASTEST = 500  # rad/s or m/s: physics that goes beyond has come apart


ROBOTS = 256  # that bodies are drawn from, where robots differ from their model; the first is that
HUNG = 16  # then every so manieth body hangs on a stand, where robots are tried first


def ideal(task):
    """The model itself, as robot has it."""
    m, g = task.model, task.ranges
    late, grip = g["delay_ms"][0] * 1e-3 / m.opt.timestep, max(m.geom_friction[i, 0] for i in range(m.ngeom) if task.in_foot(m.geom_bodyid[i]))
    return m, round(late), np.zeros(len(task.qvel)), np.array([late, grip, m.body_mass[task.root], 0, 0, 0, *np.ones(m.nu), 0])


def robot(task, rng):
    """A model within the task's ranges, by how many physics steps its motors obey late, its encoders'
    offsets (rad), and traits that tell it from others; as sim.Ranges has them, but for noise and pushes."""
    m, g = copy.copy(task.model), task.ranges
    draw = lambda name, *n: rng.uniform(*g[name], n or None)
    mass, com, grip, late = draw("mass_factor", m.nbody), draw("root_com_m", 3), draw("foot_friction"), draw("delay_ms") * 1e-3 / m.opt.timestep
    mass[task.root] *= 1 + draw("root_mass_kg") / m.body_mass[task.root]
    m.body_mass[:] *= mass
    m.body_inertia[:] *= mass[:, None]
    m.body_ipos[task.root] += com
    if g["foot_friction"][1] > 0:
        m.geom_friction[[i for i in range(m.ngeom) if task.in_foot(m.geom_bodyid[i])], 0] = grip
    strength, friction = draw("motor_strength_factor", m.nu), draw("joint_friction_factor", len(task.qvel))
    m.actuator_gainprm[:, 0] *= strength
    m.actuator_biasprm[:, 1:3] *= strength[:, None]
    m.actuator_forcerange[:] *= (strength * draw("motor_limit_factor", m.nu))[:, None]
    m.dof_frictionloss[task.qvel] *= friction
    m.dof_damping[task.qvel] *= friction
    m.dof_armature[task.qvel] *= draw("armature_factor", len(task.qvel))
    mujoco.mj_setConst(m, mujoco.MjData(m))
    return m, round(late), draw("joint_offset_rad", len(task.qvel)), np.array([late, grip, mass[task.root], *com, *strength, 0])


def hung(m, late, zero, traits):
    """A robot on a stand: nothing moves its root, gravity pulls no joint, and no foot has ground, as sim.Robot.Hold has it."""
    m = copy.copy(m)
    m.dof_armature[:6] = 1e6
    m.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_GRAVITY | mujoco.mjtDisableBit.mjDSBL_CONTACT)
    mujoco.mj_setConst(m, mujoco.MjData(m))
    return m, late, zero, np.append(traits[:-1], 1)


class Bodies:
    """n bodies that step through the clips of a Task, all contacts and the solver as in MuJoCo.

    state() is what the policy may know of each, arrays with a row per body: those
    of clips.npz (of the joints those that the policy sees), activation, foot_force,
    previous (command), pending (those that late motors have yet to obey), traits, row (of the clips), begun (an episode just begins here, or the body was kicked) and hung.
    """

    def __init__(self, task, n, threads, episode, kick, seed, ideals=()):
        self.task, self.n, self.episode, self.kick, m = task, n, episode, kick, task.model
        self.ideals = np.isin(np.arange(n), ideals)  # those that are always the model itself
        rng = np.random.default_rng(seed)
        robots = [ideal(task), *(robot(task, rng) for _ in range(ROBOTS - 1))] if task.ranges else [(m, 0, np.zeros(len(task.qvel)), np.zeros(0))]
        self.robots, self.hung = len(robots), np.zeros(n, bool)
        if task.ranges:
            self.hung[HUNG - 1::HUNG] = True
            robots += [hung(*r) for r in robots]
        self.models, *of = zip(*robots)
        self.late, self.zero, self.traits = (np.array(x) for x in of)
        self.robot = np.zeros(n, int)
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
        self.sent = np.zeros((n, 1 + task.periods_late(), m.nu))  # commands, the newest first
        self.force, self.begun = np.zeros((n, len(task.feet))), np.ones(n, bool)
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
        qvel[self.hung[which], :6] = 0
        self.physics[which] = np.concatenate([np.zeros((n, 1)), qpos, qvel, act], 1)
        self.row[which], self.start[which], self.steps[which], self.begun[which] = row, row, 0, True
        self.sent[which] = c["torque" if t.drive == "torque" else "actuators"][row][:, None]
        self.robot[which] = np.where(self.ideals[which], 0, rng.integers(self.robots, size=n)) + self.robots * self.hung[which]
        stance = c["stance"][row] * ~self.hung[which][:, None]  # forces are not known before a step: the standing feet carry the body
        self.force[which] = stance * t.weight / np.maximum(1, stance.sum(1, keepdims=True))

    def state(self):
        t = self.task
        _, qpos, qvel, act = np.split(self.physics, self.places, 1)
        activation = np.zeros((self.n, len(self.scale)))
        activation[:, t.filtered] = (act - self.offset[t.filtered]) / self.scale[t.filtered]
        floats = {
            "root_position": qpos[:, :3], "root_orientation": qpos[:, 3:7], "root_velocity": qvel[:, :3], "root_rotation_rate": qvel[:, 3:6],
            "joints": (qpos[:, t.qpos] + self.zero[self.robot])[:, t.seen], "joint_rates": qvel[:, t.qvel[t.seen]], "activation": activation,
            "foot_force": self.force, "previous": self.sent[:, 0],
            "pending": self.sent[:, :-1].reshape(self.n, -1), "traits": self.traits[self.robot],
        }
        return {k: v.astype(np.float32) for k, v in floats.items()} | {"row": self.row.copy(), "begun": self.begun.copy(), "hung": self.hung}

    def step(self, command, rng):
        """One control period of every body; those that are lost or done begin anew."""
        t = self.task
        self.sent = np.concatenate([command[:, None], self.sent[:, :-1]], 1)
        ago = np.maximum(0, -((np.arange(t.substeps) - self.late[self.robot][:, None]) // t.substeps))  # periods, of what a step obeys
        obeyed = self.sent[np.arange(self.n)[:, None], ago] - self.zero[self.robot][:, None, t.actuated]
        models = [self.models[i] for i in self.robot] if len(self.models) > 1 else self.models[0]
        states, sensed = rollout.rollout(models, self.workers, self.physics, obeyed * self.scale + self.offset)
        self.physics = states[:, -1].copy()
        self.physics[:, 0] = 0
        normal = sensed[:, -1].reshape(self.n, len(t.force_of), CONTACTS, 3)[..., 0].sum(2)
        self.force = np.zeros_like(self.force)
        np.add.at(self.force.T, np.array(t.force_of, int), normal.T)
        self.begun = np.zeros(self.n, bool)
        self.row, self.steps = self.row + 1, self.steps + 1
        lost = self.lost()
        over = lost | (self.row >= self.end[self.row]) | (self.steps >= self.episode)
        for i in np.flatnonzero(over & ~self.hung):
            possible = min(self.episode, self.end[self.start[i]] - self.start[i])
            share = (self.steps[i] - lost[i]) / possible
            self.ended.append((share, lost[i]))
            clip = self.clip[self.start[i]]
            self.failure[clip] += 0.3 * (min(1, 2 * (1 - share)) - self.failure[clip])
        if over.any():
            self.begin(np.flatnonzero(over), rng)
        if self.kick:
            self.kicked(np.flatnonzero(~over & ~self.hung & (rng.random(self.n) < KICKS)), rng)

    def kicked(self, which, rng):
        """Changes the velocity of some roots at once, as a push or a slip does; no model of the world is to foretell it."""
        t = self.task
        sizes = np.repeat([self.kick, self.kick / t.body["stand_height_m"]], 3)
        at = self.places[1]
        self.physics[which, at:at + 6] += sizes * rng.standard_normal((len(which), 6))
        self.begun[which] = True

    def lost(self):
        """Which roots are too far from their references, or no longer finite."""
        k, c = self.task.config["termination"], self.clips
        _, qpos, qvel, _ = np.split(self.physics, self.places, 1)
        away = qpos[:, :3] - c["root_position"][self.row]
        turn = 2 * np.arccos(np.minimum(1, np.abs((qpos[:, 3:7] * c["root_orientation"][self.row]).sum(1))))
        whole = np.isfinite(self.physics).all(1) & (np.abs(qvel).max(1) < FASTEST)
        near = (np.linalg.norm(away, axis=1) < k["root_position"]) & (np.abs(away[:, 2]) < (k["root_height"] or np.inf))
        return ~((near & (turn < k["root_rotation"]) | self.hung) & whole)
