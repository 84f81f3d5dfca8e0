"""Where a body's feet and head are in its joints' positions: what a policy's gradient goes through to get there."""
import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from world import compose, turn

turn_all, compose_all = jax.vmap(turn), jax.vmap(compose)


class Points:
    """The frames of some of a Task's bodies, by its joints that a policy sees; the others rest.

    Bodies that are as many joints' bodies away from the root are a level, and move at once:
    levels holds their numbers, the places of their parents in the level above, and for each
    joint that any of them has: place among the joints seen, angle at rest, axis, anchor and
    whether it moves."""

    def __init__(self, task, bodies):
        m, self.bodies, self.root = task.model, [int(b) for b in bodies], int(task.root)
        seen, above = {int(adr): i for i, adr in enumerate(task.qpos[task.seen])}, {}
        for b in self.bodies:
            while b != self.root:
                above[b] = int(m.body_parentid[b])
                b = above[b]
        self.levels, parents = [], [self.root]
        while level := sorted(b for b in above if above[b] in parents):
            joints = [range(m.body_jntadr[b], m.body_jntadr[b] + m.body_jntnum[b]) for b in level]
            assert all(m.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE for of in joints for j in of), "want hinges"
            slots = []
            for i in range(max(map(len, joints))):
                j = np.array([of[i] if i < len(of) else -1 for of in joints])
                at = np.array([seen.get(int(m.jnt_qposadr[k]), -1) if k >= 0 else -1 for k in j])
                moves = at >= 0
                slots.append((at * moves, m.qpos0[m.jnt_qposadr[j]], m.jnt_axis[j], m.jnt_pos[j] * moves[:, None], moves))
            self.levels.append((level, np.array([parents.index(above[b]) for b in level]), m.body_pos[level], m.body_quat[level], slots))
            parents = level

    def __call__(self, position, orientation, joints):
        """m, (n, bodies, 3), of roots at position (n, 3) and orientation (n, 4) with joints (n, seen), rad."""
        place, q = position[:, None], orientation[:, None]
        found = {self.root: position}
        for level, parent, pos, quat, slots in self.levels:
            place, q = place[:, parent], q[:, parent]
            like = lambda v: jnp.broadcast_to(jnp.asarray(v, jnp.float32), (len(position), *v.shape))
            place, q = place + turn_all(q, like(pos)), compose_all(q, like(quat))
            for at, rest, axis, anchor, moves in slots:
                half = ((joints[:, at] - rest) * moves / 2)[..., None]
                fixed = place + turn_all(q, like(anchor))
                q = compose_all(q, jnp.concatenate([jnp.cos(half), jnp.sin(half) * axis], -1))
                place = fixed - turn_all(q, like(anchor))
            found |= {b: place[:, i] for i, b in enumerate(level)}
        return jnp.stack([found[b] for b in self.bodies], 1)
