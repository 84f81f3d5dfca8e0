"""dynamixel_client.py DEVICE: ROBOTIS' SDK works with twelve servos; what it sees goes out as JSON."""
import json, sys, time
import dynamixel_sdk as sdk
from dynamixel_sdk import port_handler

port_handler.LATENCY_TIMER = 1000  # ms; a busy test machine is not a dead servo
port, ph = sdk.PortHandler(sys.argv[1]), sdk.PacketHandler(2.0)
assert port.openPort() and port.setBaudRate(1000000)
ids = list(range(1, 13))
seen = {}


def ok(result):
    """The value of a call whose result is (value, communication, error) or (communication, error)."""
    *value, comm, error = result
    assert comm == sdk.COMM_SUCCESS, ph.getTxRxResult(comm)
    assert error == 0, ph.getRxPacketError(error)
    return value[0] if value else None


def error(result):
    assert result[-2] == sdk.COMM_SUCCESS, ph.getTxRxResult(result[-2])
    return ph.getRxPacketError(result[-1])


seen["models"] = [ok(ph.ping(port, i)) for i in ids]
for i in ids:
    ok(ph.write1ByteTxRx(port, i, 64, 1))
seen["eeprom with torque"] = error(ph.write1ByteTxRx(port, 1, 11, 3))
seen["out of limits"] = error(ph.write4ByteTxRx(port, 1, 116, 5000))
seen["no such register"] = error(ph.write4ByteTxRx(port, 1, 132, 0))

# Goals by sync write, bulk write, and a registered write.
group = sdk.GroupSyncWrite(port, ph, 116, 4)
for i in ids[:10]:
    assert group.addParam(i, list((2048 + 10 * i).to_bytes(4, "little")))
assert group.txPacket() == sdk.COMM_SUCCESS
bulk = sdk.GroupBulkWrite(port, ph)
assert bulk.addParam(11, 116, 4, list((2158).to_bytes(4, "little"))) and bulk.addParam(12, 65, 1, [1])
assert bulk.txPacket() == sdk.COMM_SUCCESS
ok(ph.regWriteTxRx(port, 12, 116, 4, list((2168).to_bytes(4, "little"))))
seen["registered"] = ok(ph.read1ByteTxRx(port, 12, 69))
assert ph.action(port, 254) == sdk.COMM_SUCCESS
time.sleep(1)

for name, receive in ("sync read", "txRxPacket"), ("fast sync read", "fastSyncRead"):
    group = sdk.GroupSyncRead(port, ph, 132, 4)
    for i in ids:
        assert group.addParam(i)
    comm = getattr(group, receive)()
    assert comm == sdk.COMM_SUCCESS, name + ": " + ph.getTxRxResult(comm)
    seen[name] = [group.getData(i, 132, 4) for i in ids]
bulk = sdk.GroupBulkRead(port, ph)
assert bulk.addParam(1, 144, 2) and bulk.addParam(2, 146, 1)
assert bulk.txRxPacket() == sdk.COMM_SUCCESS
seen["bulk read"] = [bulk.getData(1, 144, 2), bulk.getData(2, 146, 1)]

# A value that looks like a header is stuffed on the wire, both ways. The SDK's txPacket loses what its addStuffing
# returns (4.1.0), so that its parts are put together here.
packet = ph.addStuffing([0xFF, 0xFF, 0xFD, 0, 3, 9, 0, 3, 224, 0, 0xFF, 0xFF, 0xFD, 0x00, 0, 0])
crc = ph.updateCRC(0, packet, len(packet) - 2)
packet[-2:] = [crc & 0xFF, crc >> 8]
port.clearPort()
assert port.writePort(packet) == len(packet) == 17
port.setPacketTimeout(11)
ok(ph.rxPacket(port, False)[1:] + (0,))
seen["stuffed"] = ok(ph.read4ByteTxRx(port, 3, 224))

ok(ph.write1ByteTxRx(port, 4, 98, 1))  # 20 ms of bus watchdog
time.sleep(0.5)
seen["watchdog"] = ok(ph.read1ByteTxRx(port, 4, 98))
seen["goal after it"] = error(ph.write4ByteTxRx(port, 4, 116, 2048))
assert ph.reboot(port, 5)[0] == sdk.COMM_SUCCESS
seen["torque after reboot"] = ok(ph.read1ByteTxRx(port, 5, 64))
port.closePort()
print(json.dumps(seen))
