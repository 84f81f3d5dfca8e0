// Small canvas plots: traces over the last seconds, and a histogram.

const SPAN = 8; // seconds of a trace

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// palette is read once per theme, not per stroke.
let palette = {};
export function repaint() {
  palette = { text: css('--dim'), grid: css('--line'), series: ['--a', '--b', '--c'].map(css), font: `10.5px ${css('--sans')}` };
}

// surface prepares a canvas for its size on screen and returns its context.
function surface(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const w = canvas.clientWidth, h = Number(canvas.dataset.height);
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, w, h);
  g.font = palette.font;
  g.textBaseline = 'middle';
  return { g, w, h };
}

// nice rounds up to 1, 2 or 5 times a power of ten.
export function nice(x) {
  if (!(x > 0)) return 1;
  const p = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5, 10].map((m) => m * p).find((v) => v >= x * 0.999);
}

export class Trace {
  // options: {unit, series, floor} - floor: 0 for values that start at zero,
  // null for a range that follows the values; least: the smallest range.
  constructor(canvas, { unit, series = 1, floor = 0, least = 1, dashed = -1 }) {
    Object.assign(this, { canvas, unit, series, floor, least, dashed });
    this.clear();
  }

  clear() { this.rows = []; this.head = 0; }

  // add appends a row at time t; a time that runs backwards begins anew.
  add(t, ...values) {
    const last = this.rows[this.rows.length - 1];
    if (last && (t < last[0] || t > last[0] + SPAN)) this.clear();
    this.rows.push([t, ...values]);
    while (this.rows[this.head] && this.rows[this.head][0] < t - SPAN) this.head++;
    if (this.head > 600) { this.rows.splice(0, this.head); this.head = 0; }
  }

  get length() { return this.rows.length - this.head; }

  range() {
    let lo = Infinity, hi = -Infinity;
    for (let i = this.head; i < this.rows.length; i++) {
      for (let s = 1; s <= this.series; s++) {
        const v = this.rows[i][s];
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      }
    }
    if (!(hi >= lo)) return [0, this.least];
    if (this.floor === 0) return [0, nice(Math.max(hi * 1.05, this.least))];
    const mid = (lo + hi) / 2, half = nice(Math.max(hi - lo, this.least) * 0.55);
    return [mid - half, mid + half];
  }

  draw() {
    const { g, w, h } = surface(this.canvas);
    const [lo, hi] = this.range(), top = 7, bottom = h - 7, left = 1, right = w - 50;
    const y = (v) => bottom - (v - lo) / (hi - lo) * (bottom - top);
    this.axis(g, { lo, hi, y, right, w });
    if (!this.length) return;
    const now = this.rows[this.rows.length - 1][0], x = (t) => right - (now - t) / SPAN * (right - left);
    for (let s = this.series; s >= 1; s--) this.stroke(g, s, x, y);
  }

  axis(g, { lo, hi, y, right, w }) {
    g.strokeStyle = palette.grid;
    g.lineWidth = 1;
    g.fillStyle = palette.text;
    g.textAlign = 'left';
    const digits = hi - lo >= 4 ? 0 : hi - lo >= 0.4 ? 1 : 2;
    for (const v of [lo, (lo + hi) / 2, hi]) {
      const row = Math.round(y(v)) + 0.5;
      g.beginPath(); g.moveTo(0, row); g.lineTo(right, row); g.stroke();
      if (v !== (lo + hi) / 2) g.fillText(`${v.toFixed(digits)}${v === hi ? ' ' + this.unit : ''}`, right + 6, row, w - right - 6);
    }
  }

  stroke(g, s, x, y) {
    g.strokeStyle = palette.series[s - 1];
    g.lineWidth = s - 1 === this.dashed ? 1.2 : 1.7;
    g.setLineDash(s - 1 === this.dashed ? [4, 3] : []);
    g.lineJoin = 'round';
    g.beginPath();
    let pen = false;
    for (let i = this.head; i < this.rows.length; i++) {
      const v = this.rows[i][s];
      if (!Number.isFinite(v)) { pen = false; continue; }
      if (pen) g.lineTo(x(this.rows[i][0]), y(v)); else g.moveTo(x(this.rows[i][0]), y(v));
      pen = true;
    }
    g.stroke();
    g.setLineDash([]);
  }
}

// Bars draws two histograms over the same logarithmic bins.
export class Bars {
  constructor(canvas, edge) { this.canvas = canvas; this.edge = edge; }

  draw(first, second, limit) {
    const { g, w, h } = surface(this.canvas), base = h - 18, n = first.length;
    const step = w / n, peak = Math.max(1, ...first, ...second);
    // A square root keeps the rare late tick visible beside the many on time.
    const high = (c) => c ? Math.max(2, Math.sqrt(c / peak) * (base - 6)) : 0;
    [first, second].forEach((counts, k) => {
      g.fillStyle = palette.series[k];
      g.globalAlpha = 0.85;
      for (let b = 0; b < n; b++) {
        const t = high(counts[b]);
        if (t) { g.beginPath(); g.roundRect(b * step + (k ? step / 2 : 0.5), base - t, step / 2 - 0.5, t, 1.5); g.fill(); }
      }
    });
    g.globalAlpha = 1;
    this.axis(g, { w, h, base, step, n, limit });
  }

  axis(g, { w, base, step, n, limit }) {
    const at = (us) => { let b = 0; while (b < n - 1 && this.edge(b + 1) <= us) b++; return b * step; };
    g.strokeStyle = g.fillStyle = palette.text;
    g.lineWidth = 1;
    g.globalAlpha = 0.5;
    g.beginPath(); g.moveTo(0, base + 0.5); g.lineTo(w, base + 0.5); g.stroke();
    if (limit) { g.setLineDash([2, 3]); g.beginPath(); g.moveTo(at(limit), 2); g.lineTo(at(limit), base); g.stroke(); g.setLineDash([]); }
    g.globalAlpha = 1;
    g.textAlign = 'left';
    for (const [us, name] of [[1, '1 µs'], [10, '10'], [100, '100'], [1000, '1 ms'], [10000, '10'], [100000, '100']]) {
      g.fillText(name, at(us) + 2, base + 11);
    }
  }
}
