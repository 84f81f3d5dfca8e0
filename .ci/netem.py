"""netem.py: what `make netem` prints: how well the emulated quadruped follows a clip when its loop runs at the other end of a
network that delays, jitters and loses, beside the loop on the robot. With rights and a kernel for it the network is tc netem on a
veth pair between two network namespaces; else it is a relay that does to a TCP stream what netem's delay does, and for a lost
packet holds up all behind it for 200 ms, TCP's shortest retransmission timeout. The table says which."""
import asyncio, json, os, random, re, shutil, socket, statistics, subprocess, sys, tempfile, threading, time

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 4
CLIP, RUNS = "walk", 3
NETWORKS = [  # one way: delay ms, jitter ms, loss %
    (0, 0, 0), (5, 1, 0), (10, 2, 0), (20, 5, 0), (40, 10, 0), (80, 20, 0), (5, 1, 0.1), (5, 1, 1), (5, 1, 3)]
NS = f"whisker{os.getpid()}"
TMP = tempfile.mkdtemp(prefix="netem")


def sh(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


class Namespace:
    """The host in a network namespace of its own, behind netem."""
    name, host, robot = "tc netem", ["ip", "netns", "exec", NS], "10.77.0.1"

    def open(self):
        for c in (f"ip netns add {NS}", f"ip link add {NS[:10]}a type veth peer name {NS[:10]}b netns {NS}", f"ip addr add 10.77.0.1/24 dev {NS[:10]}a",
                  f"ip link set {NS[:10]}a up", f"ip -n {NS} addr add 10.77.0.2/24 dev {NS[:10]}b", f"ip -n {NS} link set {NS[:10]}b up",
                  f"ip -n {NS} link set lo up", f"tc qdisc add dev {NS[:10]}a root netem delay 1ms"):
            r = sh(*c.split())
            if r.returncode:
                return f"{c}: {r.stderr.strip()}"
        sh("ip", "netns", "exec", NS, "tc", "qdisc", "add", "dev", f"{NS[:10]}b", "root", "netem", "delay", "1ms")
        return ""

    def set(self, delay, jitter, loss):
        for where in (["tc", "qdisc", "change", "dev", f"{NS[:10]}a"], ["ip", "netns", "exec", NS, "tc", "qdisc", "change", "dev", f"{NS[:10]}b"]):
            r = sh(*where, "root", "netem", "delay", f"{delay}ms", f"{jitter}ms", "loss", f"{loss}%")
            if r.returncode:
                sys.exit(f"netem: {r.stderr}")

    def port(self, broker):
        return broker

    def close(self):
        sh("ip", "netns", "del", NS)
        sh("ip", "link", "del", f"{NS[:10]}a")


class Relay:
    """A stream through this program, in order, each piece at its own time."""
    name, host, robot = "a relay in place of netem", [], "127.0.0.1"

    def open(self):
        self.way, self.loop = (0, 0, 0), asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        return ""

    def set(self, *way):
        self.way = way

    def port(self, broker):
        async def carry(r, w):
            pieces, last = asyncio.Queue(), 0.0

            async def deliver():
                while True:
                    at, b = await pieces.get()
                    await asyncio.sleep(max(0, at - self.loop.time()))
                    w.write(b)
            task = self.loop.create_task(deliver())
            while b := await r.read(1448):
                delay, jitter, loss = self.way
                late = random.gauss(delay, jitter / 2) + (200 if random.random() * 100 < loss else 0)
                last = max(last, self.loop.time() + max(0, late) / 1e3)
                pieces.put_nowait((last, b))
            task.cancel()
            w.close()

        async def client(r, w):
            r2, w2 = await asyncio.open_connection("127.0.0.1", broker)
            for x in (w, w2):
                x.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(carry(r, w2), carry(r2, w), return_exceptions=True)
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(client, "127.0.0.1", 0), self.loop).result()
        return server.sockets[0].getsockname()[1]

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


def run(prefix, robot, scenario):
    path = f"{TMP}/host.yaml"
    open(path, "w").write(scenario)
    r = subprocess.run([*prefix, "bin/whisker", "run", "--scenario", path, "--robot", robot, "--clip", CLIP, "--seconds", str(SECONDS), "--json", "-"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        clip = json.loads(r.stdout)["clips"][0]
    except (ValueError, LookupError, TypeError):
        return None, r.stderr.strip().splitlines()[-1]
    return clip, clip.get("fault", "")


def line(name, runs, log=None):
    """Prints RUNS runs of a network: the median error of those that came to their end, and why the others did not."""
    good, whys = [], {}
    for _ in range(RUNS):
        clip, why = runs()
        if clip is not None and not why:
            good.append(clip["limb_joint_rms_rad"])
        else:
            why = re.sub(r".*controller: (fault \d+ \([a-z ]+\)).*", r"\1", why)[:60]
            whys[why] = whys.get(why, 0) + 1
        time.sleep(1.5)  # the robot rests
    counts = re.findall(r"(\d+) setpoints were obeyed, (\d+) lost, (\d+) late", open(log).read())[-RUNS:] if log else []
    late = f"{100 * sum(int(c[2]) for c in counts) / max(1, sum(int(n) for c in counts for n in c)):.1f}" if counts else "-"
    rms = f"{statistics.median(good):.3f}" if good else "-"
    print(f"| {name} | {rms} | {late} | {len(good)} of {RUNS} | {'; '.join(f'{n} {w}' for w, n in whys.items())} |", flush=True)


def main():
    profile = f"{TMP}/quadruped.yaml"
    text = open("controller/profile/quadruped.yaml").read()
    open(profile, "w").write(re.sub(r"(state|command)_age_ms: \d+", r"\1_age_ms: 900", text))
    net = Namespace()
    why = net.open()
    if why:
        net.close()
        print(f"netem: no tc netem here ({why})", file=sys.stderr)
        net = Relay()
        net.open()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    open(f"{TMP}/mosquitto.conf", "w").write(f"listener {port} {net.robot}\nuser root\nset_tcp_nodelay true\nallow_anonymous true\n")
    broker = subprocess.Popen([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", f"{TMP}/mosquitto.conf"], stderr=subprocess.DEVNULL)
    log = open(f"{TMP}/agent.log", "w")
    time.sleep(1)
    agent = subprocess.Popen(["bin/whisker", "agent", "--robot", f"{profile}@emulated", "--board", "host", "--mqtt", f"{net.robot}:{port}", "--mqtt-robot", "dog"], stderr=log)
    through = net.port(port)
    try:
        while "connected" not in open(log.name).read():
            if agent.poll() is not None:
                sys.exit(open(log.name).read())
            time.sleep(0.1)
        print(f"{CLIP}, {SECONDS:g} s, {net.name}; setpoints are good for 500 ms\n")
        print("| one way: delay ± jitter, loss | limb joints rad | setpoints late % | to the clip's end | the others |\n|---|---|---|---|---|")
        line("the loop on the robot", lambda: run([], f"{profile}@emulated", "emulation: {board: host}\noverruns: {max: 900, window_ticks: 1000}\n"))
        for delay, jitter, loss in NETWORKS:
            net.set(delay, jitter, loss)
            line(f"{delay} ± {jitter} ms, {loss} %", lambda: run(net.host, f"{profile}@mqtt:{net.robot}:{through}/dog",
                 "dead_man: 'off'\nmqtt: {allowance_ms: 500}\noverruns: {max: 900, window_ticks: 1000}\n"), log.name)
    finally:
        for p in (agent, broker):
            p.terminate()
            p.wait()
        net.close()
        shutil.rmtree(TMP)


main()
