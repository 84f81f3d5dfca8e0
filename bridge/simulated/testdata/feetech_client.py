"""feetech_client.py DEVICE: Feetech's SDK works with twelve servos; what it sees goes out as JSON."""
import json, sys, time
import scservo_sdk as sdk
from scservo_sdk import port_handler

port_handler.LATENCY_TIMER = 1000  # ms; a busy test machine is not a dead servo
port = sdk.PortHandler(sys.argv[1])
sts = sdk.sms_sts(port)
assert port.openPort() and port.setBaudRate(1000000)
ids = list(range(1, 13))
seen = {}


def ok(result):
    *value, comm, error = result
    assert comm == sdk.COMM_SUCCESS, sts.getTxRxResult(comm)
    assert error == 0, sts.getRxPacketError(error)
    return value[0] if len(value) == 1 else value


seen["models"] = [ok(sts.ping(i)) for i in ids]
for i in ids:
    ok(sts.write1ByteTxRx(i, sdk.SMS_STS_TORQUE_ENABLE, 1))
ok(sts.WritePosEx(1, 2058, 0, 0))
for i in ids[1:11]:
    assert sts.SyncWritePosEx(i, 2048 + 10 * i, 0, 0)
assert sts.groupSyncWrite.txPacket() == sdk.COMM_SUCCESS
ok(sts.RegWritePosEx(12, 2168, 0, 0))
sts.RegAction()
time.sleep(1)
seen["positions"] = [ok(sts.ReadPos(i)) for i in ids]
group = sdk.GroupSyncRead(sts, sdk.SMS_STS_PRESENT_POSITION_L, 8)
for i in ids:
    assert group.addParam(i)
assert group.txRxPacket() == sdk.COMM_SUCCESS
seen["sync read"] = [group.getData(i, sdk.SMS_STS_PRESENT_POSITION_L, 2) for i in ids]
seen["volts"] = group.getData(3, sdk.SMS_STS_PRESENT_VOLTAGE, 1)

ok(sts.WritePosEx(2, 1024, 0, 0))  # it turns backwards: a speed with a sign
speeds = [ok(sts.ReadSpeed(2)) for _ in range(50)]
seen["least speed"] = min(speeds)
ok(sts.write1ByteTxRx(4, sdk.SMS_STS_ID, 40))
seen["locked"] = ok(sts.read1ByteTxRx(4, sdk.SMS_STS_ID))
ok(sts.unLockEprom(4))
port.closePort()
print(json.dumps(seen))
