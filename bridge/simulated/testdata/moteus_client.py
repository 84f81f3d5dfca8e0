"""moteus_client.py DEVICE: mjbots' library works with twelve controllers; what it sees goes out as JSON."""
import asyncio, json, math, sys
import moteus

R = moteus.Register


async def main():
    # A pty is no USB adapter, so that the library takes it for a UART: with checksums.
    transport = moteus.Fdcanusb(sys.argv[1], command_timeout=2, response_timeout=2)
    resolution = moteus.QueryResolution()
    resolution.q_current, resolution.home_state, resolution.power = moteus.F32, moteus.INT8, moteus.INT16
    fleet = [moteus.Controller(id=i, transport=transport, query_resolution=resolution) for i in range(1, 13)]
    seen = {"modes": [], "positions": []}
    for c in fleet:
        await c.set_stop()
    for c in fleet:
        await c.set_position(position=0.01 * c.id, velocity=0, watchdog_timeout=30, maximum_torque=2)
    await asyncio.sleep(1)
    for r in await transport.cycle([c.make_query() for c in fleet]):
        seen["modes"].append(int(r.values[R.MODE]))
        seen["positions"].append(r.values[R.POSITION])
    seen["volts"], seen["home"] = r.values[R.VOLTAGE], r.values[R.HOME_STATE]

    # Integers in place of floats, and "where it is" as a position.
    coarse = moteus.PositionResolution()
    coarse.position = coarse.velocity = coarse.kp_scale = coarse.watchdog_timeout = moteus.INT16
    c = moteus.Controller(id=3, transport=transport, position_resolution=coarse)
    await c.set_position(position=0.2, velocity=0, kp_scale=1, watchdog_timeout=30)
    await asyncio.sleep(1)
    seen["coarse"] = (await c.query()).values[R.POSITION]
    await c.set_position(position=math.nan, velocity=0, watchdog_timeout=30)
    await asyncio.sleep(0.5)
    seen["where it is"] = (await c.query()).values[R.POSITION]

    c = fleet[3]
    await c.set_position(position=math.nan, watchdog_timeout=0.01)
    await asyncio.sleep(0.5)
    seen["watchdog"] = int((await c.query()).values[R.MODE])
    await c.set_position(position=0, watchdog_timeout=30)
    seen["latched"] = int((await c.query()).values[R.MODE])
    await c.set_stop()
    seen["stopped"] = int((await c.query()).values[R.MODE])
    await c.set_output_exact(position=0.5)
    seen["output set"] = (await c.query()).values[R.POSITION]
    await fleet[4].set_brake()
    seen["brake"] = int((await fleet[4].query()).values[R.MODE])

    stream = moteus.Stream(fleet[5])
    await stream.command(b"conf set servo.pid_position.kp 33")
    seen["kp"] = float(await stream.command(b"conf get servo.pid_position.kp", allow_any_response=True))
    transport.close()
    print(json.dumps(seen))


asyncio.run(main())
