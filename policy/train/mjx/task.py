"""The exported task: body, clips, observation and reward, as in policy/train (Go).

`whisker train --export DIR` writes the folder that Task reads. Units are SI;
quaternions are w, x, y, z. The functions take one step's arrays; vmap them.
"""
import copy
import json
import sys
from pathlib import Path

import jax.numpy as jnp
import mujoco
import numpy as np
import yaml

BELLS = ("root_position", "root_height", "root_rotation", "limb_joints", "feet", "root_velocity", "root_rotation_rate")
CONTACTS = 4  # of a foot's geom with the floor, that are measured


def refuse(text):
    """Ends the program: something that it was given does not do."""
    print(text, file=sys.stderr)
    sys.exit(2)


def exported(folder):
    """Body, contract, configuration, clips and model of a folder."""
    folder = Path(folder)
    try:
        body, contract = (json.loads((folder / name).read_text()) for name in ("body.json", "contract.json"))
        config, clips = yaml.safe_load((folder / "task.yaml").read_text()), dict(np.load(folder / "clips.npz"))
        return body, contract, config, clips, mujoco.MjSpec.from_file(str(folder / "model.xml"))
    except (OSError, ValueError) as e:
        refuse(f"mjx: {folder} is no exported task ({e}); whisker train --export DIR writes one")


class Task:
    """What policy/train exported into a folder, and the clips of more folders of the same task."""

    def __init__(self, folder, *more):
        self.body, self.contract, self.config, clips, spec = exported(folder)
        self.data = f"{int(clips['clip'][-1, 0]) + 1} exported clips: {self.contract['training']['data']}"
        for other in more:
            body, contract, config, others, _ = exported(other)
            training = contract.pop("training")
            if (body, contract | {"training": self.contract["training"]}, config) != (self.body, self.contract, self.config):
                refuse(f"mjx: {other} and {folder} differ in more than their clips; want the same body, observation and task.yaml")
            others["clip"] += clips["clip"][-1] + 1
            clips = {k: np.concatenate([clips[k], others[k]]) for k in clips}
            self.data += f"; {int(others['clip'][-1, 0] - others['clip'][0, 0]) + 1} more: {training['data']}"
        self.drive = self.contract["action"]["drive"]
        rows, feet = len(clips["row"]), len(self.body["feet"] or [])
        clips = {"stance": np.zeros((rows, feet)), "feet": np.zeros((rows, 3 * feet))} | clips
        self.clips = {k: jnp.asarray(v, jnp.float32) for k, v in clips.items()}
        of = clips["clip"][:, 0].astype(int)
        self.first = np.searchsorted(of, np.arange(of[-1] + 1))  # row of each clip's first frame
        self.last = np.searchsorted(of, np.arange(of[-1] + 1), side="right") - 1
        self.end = jnp.asarray(self.last[of])  # per row: the last row of its clip
        robots = Path(folder) / "robots.yaml"
        self.ranges = yaml.safe_load(robots.read_text()) if robots.exists() else None  # of robots that differ from their model
        self._index(self._model(spec))
        self.traits = 7 + self.model.nu if self.ranges else 0  # how many numbers tell a robot from others; the last: it hangs on a stand

    def _model(self, spec):
        """The model with sensors of the normal forces on the feet, which MJX and
        MuJoCo Warp both have; neither knows the flag that stops a reset on NaN.
        Impedance drives are position servos with the contract's gains: of what
        limits their torque only its largest value is kept. They hold it for a
        physics step, as the simulated robot's own do and Euler's integrator has it;
        an implicit one would damp within the step, and feet creep less."""
        spec.option.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_SENSOR | mujoco.mjtDisableBit.mjDSBL_AUTORESET)
        if self.drive == "impedance":
            spec.option.integrator = mujoco.mjtIntegrator.mjINT_EULER
            gains = self.contract["action"]
            for motor, a, kp, kd in zip(spec.actuators, self.body["actuators"], gains["kp_nm_rad"], gains["kd_nm_s_rad"]):
                motor.set_to_position(kp=kp, kv=kd)
                motor.forcerange, motor.forcelimited = [-a["max_torque_nm"], a["max_torque_nm"]], True
        for i, g in enumerate(spec.geoms):
            g.name = g.name or f"geom{i}"
        floors = [g.name for g in spec.worldbody.geoms if g.contype]
        self.force_of = []  # per sensor: the foot that it belongs to
        for foot, name in enumerate(self.body["feet"] or []):
            for g in spec.body(name).find_all("geom"):
                for floor in floors if g.contype or g.conaffinity else ():
                    spec.add_sensor(
                        type=mujoco.mjtSensor.mjSENS_CONTACT, objtype=mujoco.mjtObj.mjOBJ_GEOM, objname=floor, reftype=mujoco.mjtObj.mjOBJ_GEOM,
                        refname=g.name, intprm=[1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE), 0, CONTACTS])
                    self.force_of.append(foot)
        return spec.compile()

    def _index(self, m):
        self.model, layout = m, self.contract["observation"]
        joints = [j["name"] for j in self.body["joints"]]
        self.qpos = np.array([m.joint(j).qposadr[0] for j in joints])
        self.qvel = np.array([m.joint(j).dofadr[0] for j in joints])
        self.seen = np.array([joints.index(j) for j in layout["joints"]])
        self.limbs = np.array(self.body["limb_joints"] or [], int)
        self.root = m.jnt_bodyid[0]
        self.feet = np.array([m.body(f).id for f in self.body["feet"] or []], int)
        self.frames = np.array(layout["frames"])
        self.substeps = round(self.body["period_ns"] * 1e-9 / m.opt.timestep)
        self.weight = float(m.body_mass.sum() * -m.opt.gravity[2])  # N
        gear, gain, bias = m.actuator_gear[:, 0], m.actuator_gainprm[:, 0], m.actuator_biasprm
        servo = m.actuator_biastype == mujoco.mjtBias.mjBIAS_AFFINE
        # ctrl = scale * command + offset, with the command in rad or N·m.
        self.ctrl_scale = jnp.asarray(np.where(servo, -bias[:, 1] * gear / gain, 1 / (gain * gear)), jnp.float32)
        self.ctrl_offset = jnp.asarray(np.where(servo, -bias[:, 0] / gain, 0), jnp.float32)
        self.actuated = np.array([a["joint"] for a in self.body["actuators"]])  # -1 where a tendon is
        self.filtered = np.flatnonzero(m.actuator_actnum > 0)  # actuators with a state, in the order of the states
        a, torque = self.contract["action"], self.drive == "torque"
        self.action_scale, self.action_default = jnp.asarray(a["scale"], jnp.float32), jnp.asarray(a["default"], jnp.float32)
        actuators = self.body["actuators"]
        self.least = jnp.asarray([-x["max_torque_nm"] if torque else x["min_rad"] for x in actuators], jnp.float32)
        self.most = jnp.asarray([x["max_torque_nm"] if torque else x["max_rad"] for x in actuators], jnp.float32)

    def on(self, clips):
        """The same with its clips as arguments of a compiled program, which would
        otherwise hold a copy of them."""
        task = copy.copy(self)
        task.clips = clips
        return task

    def periods_late(self):
        """How many control periods after its own the slowest robot still obeys a command."""
        late = round(self.ranges["delay_ms"][1] * 1e-3 / self.model.opt.timestep) if self.ranges else 0
        return -(-late // self.substeps)

    def in_foot(self, body):
        """Whether a body is a foot or part of one."""
        while body and body not in self.feet:
            body = self.model.body_parentid[body]
        return bool(body)

    def command(self, row, out):
        """The command for network output out (per actuator) at a row of the clips."""
        base = self.action_default
        if self.contract["action"]["residual"]:
            base = self.own(row)
        return jnp.clip(base + self.action_scale * out, self.least, self.most)

    def own(self, row):
        """The clips' own commands at a row, by inverse dynamics: they move a body that is where the clip is."""
        return self.clips["torque" if self.drive == "torque" else "command"][row]

    def before(self, row):
        """What stands for the command before a row, where an episode starts."""
        return self.clips["torque" if self.drive == "torque" else "actuators"][row]

    def observation(self, s, row, previous, astray=None):
        """The observation of state s (a dict as in clips.npz, with activation and
        foot_force) at a row of the clips; previous is the command before. astray, where
        not None, gives what is added to the rows that are looked at, as Rough has it."""
        layout = self.contract["observation"]
        inv = conj(s["root_orientation"])
        rows = jnp.minimum(row + self.frames, self.end[row])
        c = {k: self.clips[k][rows] for k in ("root_position", "root_orientation", "root_velocity", "joints")}
        if astray is not None:
            c = astray(c, rows)
        q, window = s["joints"][self.seen], range(len(self.frames))
        parts = [q, s["joint_rates"][self.seen], previous, rotate(inv, jnp.array([0.0, 0.0, -1.0])), s["root_rotation_rate"]]
        if layout["activation"]:
            parts.append(s["activation"])
        if layout["root"]:
            parts += [rotate(inv, s["root_velocity"]), s["root_position"][2:]]
        if layout["foot_force"]:
            parts.append(s["foot_force"])
        if layout["root"]:
            parts += [rotate(inv, c["root_position"][f] - s["root_position"]) for f in window]
        else:
            parts += [rotate(conj(c["root_orientation"][f]), c["root_velocity"][f]) for f in window]
        parts += [rotvec(mul(inv, c["root_orientation"][f])) for f in window]
        parts.append((c["joints"][:, self.seen] - q).ravel())
        parts.append(self.clips["stance"][jnp.concatenate([row[None], rows])].ravel())
        return jnp.concatenate(parts)

    def errors(self, s, row):
        """Distance, height (m) and rotation (rad) of the root from the reference."""
        c = self.clips
        away = s["root_position"] - c["root_position"][row]
        # The arc cosine of the dot product would lose half the digits near zero.
        turn = mul(conj(s["root_orientation"]), c["root_orientation"][row])
        return jnp.linalg.norm(away), jnp.abs(away[2]), 2 * jnp.arctan2(jnp.linalg.norm(turn[1:]), jnp.abs(turn[0]))

    def reward(self, s, feet, row, command, before):
        """The reward of a step that led to s, with the feet (n x 3, m) there."""
        c, k = self.clips, self.config["reward"]
        distance, height, rotation = self.errors(s, row)
        squares = (
            distance**2,
            height**2,
            rotation**2,
            jnp.sum((s["joints"] - c["joints"][row])[self.limbs] ** 2) / max(1, len(self.limbs)),
            jnp.sum((feet - c["feet"][row].reshape(-1, 3)) ** 2) / max(1, len(self.feet)),
            jnp.sum((s["root_velocity"] - c["root_velocity"][row]) ** 2),
            jnp.sum((s["root_rotation_rate"] - c["root_rotation_rate"][row]) ** 2),
        )
        total = sum(k[b]["weight"] * jnp.exp(-sq / k[b]["width"] ** 2) for b, sq in zip(BELLS, squares) if k[b]["weight"])
        return total - k["command_change"] * jnp.minimum(1, jnp.sum((command - before) ** 2))

    def lost(self, s, row):
        """Whether the episode ends because the root is too far from the reference."""
        distance, height, rotation = self.errors(s, row)
        k = self.config["termination"]
        # Written so that a NaN counts as lost.
        return ~((distance < k["root_position"]) & (rotation < k["root_rotation"]) & (height < (k["root_height"] or jnp.inf)))


def conj(q):
    return q * jnp.array([1.0, -1.0, -1.0, -1.0])


def mul(a, b):
    w = a[0] * b[0] - jnp.sum(a[1:] * b[1:])
    return jnp.concatenate([w[None], a[0] * b[1:] + b[0] * a[1:] + jnp.cross(a[1:], b[1:])])


def rotate(q, v):
    t = 2 * jnp.cross(q[1:], v)
    return v + q[0] * t + jnp.cross(q[1:], t)


def rotvec(q):
    """The rotation vector of a unit quaternion, of at most pi."""
    q = jnp.where(q[0] < 0, -q, q)
    sine = jnp.sqrt(jnp.sum(q[1:] ** 2) + 1e-20)
    return q[1:] * (2 * jnp.arctan2(sine, q[0]) / sine)
