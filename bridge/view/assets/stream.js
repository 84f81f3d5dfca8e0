// The stream from the server: packets of poses (packet.go holds the table) and
// lines of JSON. Newest wins; a lost connection is taken up again.

const HEADER = 424, BINS = 40;

// decode reads one packet of a scene with so many frames, frames of an animal, joints,
// actuators and temperatures.
export function decode(buffer, n) {
  const d = new DataView(buffer);
  const u = (o) => d.getUint32(o, true), i = (o) => d.getInt32(o, true), f = (o) => d.getFloat32(o, true);
  if (u(0) !== 2) throw new Error(`packet version ${u(0)}: reload the page`);
  const flags = u(4);
  let at = HEADER;
  const cut = (count) => { const a = new Float32Array(buffer, at, count); at += 4 * count; return a; };
  return {
    paused: (flags & 2) !== 0,
    tick: d.getFloat64(8, true), time: d.getFloat64(16, true), mode: u(24),
    clip: i(28), frame: i(32), frameCount: i(36), clamped: u(40), skipped: u(44), faults: d.getBigUint64(48, true),
    rootError: f(56), rotError: f(60), meanError: f(64), voltage: f(68),
    late: f(72), lateMax: f(92), workMax: f(96), age: f(100),
    lateCounts: new Uint32Array(buffer, 104, BINS), workCounts: new Uint32Array(buffer, 264, BINS),
    frames: cut(7 * n.frames), ghost: flags & 1 ? cut(7 * n.frames) : null, animal: flags & 4 ? cut(7 * n.animal) : null,
    joints: cut(n.joints), actuators: cut(n.actuators), commands: cut(n.actuators), temperatures: cut(n.temperatures),
  };
}

// edge is the lower edge of a bin, us (histogram.go).
export function edge(bin) {
  if (bin === 0) return 0;
  const k = bin - 1;
  return 1.024 * 2 ** (k >> 1) * (k & 1 ? 1.5 : 1);
}

// quantile of counted durations, us: the upper edge of the bin it falls in, or
// the greatest value seen where that is less.
export function quantile(counts, q, max) {
  let total = 0;
  for (const c of counts) total += c;
  let sum = 0;
  for (let b = 0; b < counts.length; b++) {
    sum += counts[b];
    if (total && sum >= q * total) return Math.min(edge(b + 1), max);
  }
  return NaN;
}

export class Stream {
  // sizes as for decode; on: {packet, line, link}.
  constructor(sizes, on) {
    this.sizes = sizes;
    this.on = on;
    this.wait = 250;
    this.ended = false;
    this.open();
  }

  open() {
    const url = new URL('stream', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.search = '';
    this.socket = new WebSocket(url);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => { this.wait = 250; this.ended = false; this.on.link('live'); };
    this.socket.onmessage = (e) => this.receive(e.data);
    this.socket.onclose = () => {
      this.on.link(this.ended ? 'ended' : 'lost');
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(2 * this.wait, 4000);
    };
  }

  receive(data) {
    if (typeof data !== 'string') { this.on.packet(decode(data, this.sizes)); return; }
    const line = JSON.parse(data);
    if (line.type === 'end') this.ended = true;
    this.on.line(line);
  }

  // send passes on a wish and reports whether there was a connection for it.
  send(wish) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(wish));
    return true;
  }
}
