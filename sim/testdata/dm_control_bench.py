"""Prints the control steps a second of dm_control's own loop on the same rat: position servos, scale 0.9,
free joint, floor, no tail contact, 20 ms control, 4 ms physics, slow sinusoidal targets. The second number counts
processor time, which other work on the machine disturbs less. Needs the package dm_control."""

import math
import statistics
import sys
import time

from dm_control import mjcf
from dm_control.locomotion.arenas import floors
from dm_control.locomotion.walkers import rescale
from dm_control.locomotion.walkers import rodent


def main(rounds=9, ticks=50):
    arena = floors.Floor()
    rat = rodent.Rat()
    rescale.rescale_subtree(rat.mjcf_model, 0.9, 0.9)
    for skin in list(rat.mjcf_model.find_all("skin")):
        skin.remove()
    frame = arena.attach(rat)
    rat.create_root_joints(frame)
    root = arena.mjcf_model
    root.size.njmax = root.size.nconmax = -1
    root.option.timestep = 0.004
    for geom in rat.mjcf_model.find_all("geom"):
        if geom.parent.name and geom.parent.name.startswith("vertebra_C"):
            geom.contype = geom.conaffinity = 0
    physics = mjcf.Physics.from_mjcf_model(root)
    actuators = rat.actuators
    rates, busy = [], []
    for _ in range(rounds):
        physics.reset()
        rat.set_pose(physics, position=[0, 0, 0.0704])
        begin, begin_busy = time.perf_counter(), time.process_time()
        for k in range(ticks):
            physics.bind(actuators).ctrl = [0.1 * math.sin(k / 4 + i) for i in range(len(actuators))]
            physics.step(nstep=5)
        rates.append(ticks / (time.perf_counter() - begin))
        busy.append(ticks / (time.process_time() - begin_busy))
    print(f"{statistics.median(rates):.0f} control steps/s, {statistics.median(busy):.0f} per processor second")


if __name__ == "__main__":
    sys.exit(main())
