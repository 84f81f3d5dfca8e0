"""Where a body's feet and head are in its joints' positions: what a policy's gradient goes through to get there."""
import jax.numpy as jnp
import mujoco
import numpy as np

from world import compose, turn


class Points:
    """The frames of some of a Task's bodies, by its joints that a policy sees; the others rest."""

    def __init__(self, task, bodies):
        self.task, self.bodies, m = task, [int(b) for b in bodies], task.model
        self.chain = set()  # from the root, which is not in it, to the bodies
        for b in self.bodies:
            while b != task.root:
                self.chain.add(b)
                b = m.body_parentid[b]
        self.seen = {int(adr): i for i, adr in enumerate(task.qpos[task.seen])}

    def __call__(self, position, orientation, joints):
        """m, (n, bodies, 3), of roots at position (n, 3) and orientation (n, 4) with joints (n, seen), rad."""
        m, n, at = self.task.model, len(position), {self.task.root: (position, orientation)}
        all_of = lambda v: jnp.broadcast_to(jnp.asarray(v, jnp.float32), (n, len(v)))
        for b in sorted(self.chain):  # parents have lower numbers
            place, q = at[m.body_parentid[b]]
            place, q = place + turn(q, all_of(m.body_pos[b])), compose(q, all_of(m.body_quat[b]))
            for j in range(m.body_jntadr[b], m.body_jntadr[b] + m.body_jntnum[b]):
                assert m.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE, f"joint {j} is no hinge"
                angle = joints[:, self.seen[m.jnt_qposadr[j]]] if m.jnt_qposadr[j] in self.seen else np.full(n, m.qpos0[m.jnt_qposadr[j]])
                half = (angle - m.qpos0[m.jnt_qposadr[j]])[:, None] / 2
                anchor = place + turn(q, all_of(m.jnt_pos[j]))
                q = compose(q, jnp.concatenate([jnp.cos(half), jnp.sin(half) * jnp.asarray(m.jnt_axis[j], jnp.float32)], -1))
                place = anchor - turn(q, all_of(m.jnt_pos[j]))
            at[b] = place, q
        return jnp.stack([at[b][0] for b in self.bodies], 1)
