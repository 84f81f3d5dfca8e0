"""bench.py [ROUNDS]: what `make bench` prints. Every figure stands beside that of a peer measured in the same run,
in alternating rounds; ratios are medians over the rounds. Exit status 1 when something could not be measured; a target
that is missed is only said, for figures of a busy machine mean nothing."""
import json, os, re, statistics, subprocess, sys

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
OUT = os.path.abspath("out/bench")
TABLE = []  # name, ours, peer, ratio, target, reached


def output(*command, cwd=None):
    """Standard output of a command; what it says on standard error is shown."""
    env = dict(os.environ, MUJOCO_GL="disable")  # dm_control would look for a display
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout


def row(name, ours, peer, ratio, target="", reached=None):
    TABLE.append((name, ours, peer, "" if ratio is None else f"{ratio:.2f}", target, {True: "yes", False: "no", None: ""}[reached]))


def simulation():
    test, python = f"{OUT}/sim.test", os.path.abspath(".deps/venv-bench/bin/python")
    output("go", "test", "-c", "-o", test, "./sim")
    ours, plain, theirs = [], [], []
    for _ in range(ROUNDS):
        line = output(test, "-test.run=^$", "-test.bench=^BenchmarkStep$", "-test.benchtime=20x", cwd="sim")
        ratio, rate = (float(re.search(rf"([\d.]+) {unit}\b", line)[1]) for unit in ("ratio", "steps/s"))
        ours.append(rate)
        plain.append(ratio)
        theirs.append(float(re.match(r"(\d+) control steps/s", output(python, "sim/testdata/dm_control_bench.py"))[1]))
    rate, ratio = statistics.median(ours), statistics.median(plain)
    row("simulation, control steps/s; peer: a C loop of mj_step", f"{rate:.0f}", f"{rate / ratio:.0f}", ratio, ">= 0.97", ratio >= 0.97)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    row("simulation, control steps/s; peer: dm_control in Python", f"{rate:.0f}", f"{statistics.median(theirs):.0f}", ratio, "> 1.5", ratio > 1.5)


def network():
    model = f"{OUT}/shipped policy.onnx"
    output("bin/whisker", "policy", "export", "--out", model)
    output("go", "build", "-o", f"{OUT}/nnbench", "./policy/nn/nnbench")
    targets = {"shipped": (0.85, 0.65), "paper": (1.0, 1.0)}
    core = str(max(os.sched_getaffinity(0)))  # both sides on one core
    for line in output("taskset", "-c", core, f"{OUT}/nnbench", "-json", "-rounds", str(3 * ROUNDS), model).splitlines():
        r = json.loads(line)
        most = targets.get(r["network"].split()[0], (None, None))
        for how, limit in zip(("hot", "cold"), most):
            t = r[how]
            row(f"forward pass, us, {how}: {r['network']}; peer: ONNX Runtime", f"{t['ours_us']:.1f}", f"{t['onnxruntime_us']:.1f}",
                t["ratio"], f"<= {limit:.2f}" if limit else "", t["ratio"] <= limit if limit else None)


def lateness():
    output("go", "build", "-o", f"{OUT}/latebench", "./controller/latebench")
    r = json.loads(output(f"{OUT}/latebench", "-json", "-rounds", str(ROUNDS)))
    checks = (("p50", "ours <= 1 us", r["loop_us"][0] <= 1), ("p99", "<= 1.00", r["ratio"][1] <= 1), ("p99.9", "<= 1.20", r["ratio"][2] <= 1.2), ("max", "", None))
    for i, (name, target, reached) in enumerate(checks):
        row(f"wake-up lateness at 1 kHz, us, {name}; peer: cyclictest", f"{r['loop_us'][i]:.2f}", f"{r['cyclictest_us'][i]:.0f}", r["ratio"][i], target, reached)


def buses():
    output("go", "build", "-o", f"{OUT}/busbench", "./bridge/simulated/busbench")
    r = json.loads(output(f"{OUT}/busbench", "-json", "-rounds", str(ROUNDS)))
    row("12 servos, SyncWrite and SyncRead over a pty, us; peer: dynamixel-sdk", f"{r['driver_us']:.0f}", f"{r['sdk_us']:.0f}", r["ratio"], "<= 0.50", r["ratio"] <= 0.5)
    for c in r["codecs"]:
        row(f"codec of {c['name']}, an exchange with 12 devices, us and allocations", f"{c['us']:.1f}, {c['allocations']:g}", "", None, "0 allocations", c["allocations"] == 0)


def metrics(package, bench, rounds):
    """What a Go benchmark reports: value by unit."""
    text = output("go", "test", package, "-run=^$", f"-bench={bench}", f"-benchtime={rounds}x", "-timeout=60m")
    found = [line for line in text.splitlines() if line.startswith("Benchmark")]
    return {unit: float(value) for value, unit in re.findall(r"([\d.e+-]+) ([A-Za-z][\w/-]*)", found[-1].split("\t", 1)[1])}


def line():
    output("make", "-s", "firmware")
    rounds = max(9, ROUNDS)
    m = metrics("./bridge/serial", "^BenchmarkRoundTrip$", rounds)
    for q, most in (("p50", 1.1), ("p99", 1.3)):
        ratio = m[f"{q}-ratio"]
        ours = f"{m['us']:.1f}" if q == "p50" else ""
        row(f"command and state over a pty, us, {q}; peer: C with raw termios", ours, f"{m['us'] / ratio:.1f}" if ours else "", ratio, f"<= {most:.2f}", ratio <= most)
    m = metrics("./bridge/wire", "^BenchmarkCodec$", rounds)
    row("encode and decode a command and a state, us; peer: the firmware's C", f"{m['us']:.2f}", f"{m['us'] / m['ratio']:.2f}", m["ratio"], "<= 2.00", m["ratio"] <= 2)
    m = metrics("./hil/emulate", "^BenchmarkLateness$", rounds)
    row("wake-up lateness with a serial robot at 100 Hz, p99; peer: the loop alone", "", "", m["p99-ratio"], "<= 1.10", m["p99-ratio"] <= 1.1)
    m = metrics("./hil/emulate", "^BenchmarkLockstep$/^mps2$", 250)
    row("firmware in QEMU in lockstep, times real time", f"{m['x-real-time']:.1f}", "", None, ">= 2", m["x-real-time"] >= 2)


def mqtt():
    for rate in (200, 1000):
        for qos in (0, 1):
            m = metrics("./bridge/mqtt", f"^BenchmarkRoundTrip$/^rate={rate}$/^qos={qos}$", ROUNDS)
            row(f"MQTT round trip through mosquitto, us, {rate}/s QoS {qos}; peer: libmosquitto", f"{m['us']:.0f}", f"{m['peer-us']:.0f}", m["ratio"], "<= 1.70", m["ratio"] <= 1.7)
    m = metrics("./bridge/mqtt", "^BenchmarkStall$", ROUNDS)
    row("lateness at 1 kHz over a broker's stall and death, us, p99; peer: no telemetry", f"{m['us']:.1f}", f"{m['peer-us']:.1f}", m["ratio"], "<= 1.10", m["ratio"] <= 1.1)
    m = metrics("./bridge/mqtt", "^BenchmarkPublish$", 20_000_000)
    row("telemetry, ns of the loop's tick", f"{m['ns/op']:.0f}", "", None, "<= 100", m["ns/op"] <= 100)


def training():
    for robot in ("rat", "quadruped"):
        m = metrics("./policy/train", f"^BenchmarkTraining$/^{robot}$", ROUNDS)
        row(f"training of the {robot}, transitions/s; peer: mj_step in C on all cores", f"{m['transitions/s']:.0f}", f"{m['transitions/s'] / m['ratio']:.0f}",
            m["ratio"], ">= 0.60", m["ratio"] >= 0.6)
        shares = ", ".join(f"{100 * m[f'{part}-share']:.0f}" for part in ("physics", "network", "waiting"))
        row(f"training of the {robot}, % of the cores' time: physics, network, waiting", shares, "", None)


def memory():
    mb = json.loads(output("bin/whisker", "run", "--clip", "stand", "--clip", "turn", "--clip", "walk", "--baseline", "--view", "127.0.0.1:0",
                           "--record", f"{OUT}/run.mcap", "--json", "-"))["peak_rss_mb"]
    row("memory of a run with view and recording, MB", f"{mb:.0f}", "", None, "< 200", mb < 200)


os.makedirs(OUT, exist_ok=True)
failed = False
for part in (simulation, training, network, lateness, buses, line, mqtt, memory):
    print(f"bench: {part.__name__}, {ROUNDS} rounds", file=sys.stderr, flush=True)
    try:
        part()
    except (subprocess.CalledProcessError, OSError, ValueError, TypeError, KeyError) as e:
        print(f"bench: {part.__name__} could not be measured: {e!r}", file=sys.stderr)
        failed = True
lines = [("", "ours", "peer", "ratio", "target", "reached"), *TABLE]
widths = [max(map(len, column)) for column in zip(*lines)]
for line in lines:
    print(f"{line[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:])), sep="  ")
sys.exit(failed)
