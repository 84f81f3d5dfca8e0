// The page: what the server sends becomes words, plots and poses; what the
// onlooker presses becomes wishes. STOP needs neither WebGL nor three.js.

import { Stream, edge, quantile } from './stream.js';
import { Trace, Bars, repaint } from './plots.js';

const $ = (id) => document.getElementById(id);
const data = await (await fetch('scene.json')).json();
const { body, modes } = data;
body.joints ??= [];
body.actuators ??= [];

// What tests and the curious may look at.
const seen = window.whisker = { packets: 0, tick: 0, mode: '', link: '', stage: null, acks: [], ghost: false, traces: {}, fps: 0 };

// film draws nothing by itself: expose does, a picture at a time.
const film = location.hash === '#film';

let stage = null, newest = null, shownTick = -1, turn = 0, interval = 20, arrived = 0, fault = '', stopped = false;

// --- three dimensions -------------------------------------------------------

async function openStage() {
  try {
    await import('three');
  } catch {
    missing('The 3-D view is not built in.', 'Run “make build”, which fetches three.js, and start again.');
    return;
  }
  try {
    const { Stage } = await import('./scene.js');
    stage = seen.stage = new Stage($('canvas'), data, film || location.hash === '#still');
    stage.setTheme(theme());
    if (newest) stage.pose(newest.frames, newest.ghost, interval);
  } catch (e) {
    missing('This browser shows no WebGL.', String(e.message ?? e));
  }
}

function missing(title, text) {
  const box = $('missing');
  box.hidden = false;
  const strong = document.createElement('strong');
  strong.textContent = title;
  box.replaceChildren(strong, text);
}

// --- theme ------------------------------------------------------------------

const systemDark = matchMedia('(prefers-color-scheme: dark)');
function theme() { return localStorage.getItem('theme') ?? (systemDark.matches ? 'dark' : 'light'); }
function applyTheme() {
  document.documentElement.dataset.theme = theme();
  repaint();
  stage?.setTheme(theme());
}
systemDark.addEventListener('change', applyTheme);

// --- plots ------------------------------------------------------------------

const traces = {
  pos: new Trace($('plot-pos'), { unit: 'mm', series: 2, floor: 0, least: 5 }),
  rot: new Trace($('plot-rot'), { unit: '°', series: 1, floor: 0, least: 2 }),
};
const timing = new Bars($('plot-time'), edge);
const joints = [];
seen.traces = traces;

// channels are what a joint trace may show: joints, with the command of the
// actuator that drives them, and actuators that drive no single joint.
const channels = [
  ...body.joints.map((j, index) => ({ name: j.name, joint: index, actuator: body.actuators.findIndex((a) => a.joint === index) })),
  ...body.actuators.flatMap((a, index) => (a.joint < 0 ? [{ name: `${a.name} (tendon)`, joint: -1, actuator: index }] : [])),
];

// firstChannels are the limb joints under command that can move the farthest.
function firstChannels(count) {
  const limb = (c) => c.actuator >= 0 && (body.limb_joints ?? []).includes(c.joint);
  const range = (c) => (c.joint < 0 ? 0 : body.joints[c.joint].max_rad - body.joints[c.joint].min_rad);
  return [...channels].sort((a, b) => limb(b) - limb(a) || range(b) - range(a)).slice(0, count);
}

function addJoint(channel) {
  const row = document.createElement('div'), select = document.createElement('select'), canvas = document.createElement('canvas');
  row.className = 'joint';
  select.ariaLabel = 'Joint to plot';
  channels.forEach((c, k) => select.add(new Option(c.name, k)));
  select.value = channels.indexOf(channel);
  canvas.className = 'plot';
  canvas.dataset.height = 54;
  row.append(select, canvas);
  $('joints').append(row);
  const joint = { channel, trace: new Trace(canvas, { unit: 'rad', series: 2, floor: null, least: 0.1, dashed: 1 }) };
  select.onchange = () => { joint.channel = channels[select.value]; joint.trace.clear(); };
  joints.push(joint);
}

function plot(p) {
  const rad = 180 / Math.PI;
  traces.pos.add(p.time, 1000 * p.rootError, 1000 * p.meanError);
  traces.rot.add(p.time, rad * p.rotError);
  for (const { channel: c, trace } of joints) {
    const measured = c.joint >= 0 ? p.joints[c.joint] : p.actuators[c.actuator];
    trace.add(p.time, measured, c.actuator >= 0 ? p.commands[c.actuator] : NaN);
  }
}

// --- words ------------------------------------------------------------------

const fixed = (x, digits, unit) => (Number.isFinite(x) ? `${x.toFixed(digits)} ${unit}` : '–');
const micro = (us) => (us >= 1e5 ? fixed(us / 1e6, 2, 's') : us >= 1000 ? fixed(us / 1000, 1, 'ms') : fixed(us, us < 10 ? 1 : 0, 'µs'));
const set = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };

function words(p) {
  const mode = modes[p.mode] ?? 'unknown';
  set('mode', p.paused && mode !== 'fault' ? 'paused' : mode);
  $('mode').dataset.mode = p.paused && mode !== 'fault' ? 'paused' : mode;
  seen.mode = mode;
  set('n-root', fixed(1000 * p.rootError, 1, 'mm'));
  set('n-rot', fixed(p.rotError * 180 / Math.PI, 1, '°'));
  set('n-mean', fixed(1000 * p.meanError, 1, 'mm'));
  set('n-p50', micro(quantile(p.lateCounts, 0.5, p.lateMax)));
  set('n-p99', micro(quantile(p.lateCounts, 0.99, p.lateMax)));
  set('n-max', micro(p.lateMax));
  set('n-work', micro(quantile(p.workCounts, 0.99, p.workMax)));
  set('n-skip', String(p.skipped));
  set('n-clamp', String(p.clamped));
  set('clock', `${p.time.toFixed(2)} s`);
  progress(p);
  $('play').classList.toggle('paused', p.paused);
  $('play').ariaLabel = p.paused ? 'Resume' : 'Pause';
  if (p.clip >= 0 && document.activeElement !== $('clip')) $('clip').value = p.clip;
  health(p);
  banner(mode, p.faults);
}

// health shows what a robot measures of itself: battery, the hottest motor, faults.
function health(p) {
  if (!$('health').hidden) {
    const l = body.limits, low = l.min_voltage_v, hot = l.max_temperature_c;
    let hottest = 0;
    p.temperatures.forEach((t, k) => { if (t > p.temperatures[hottest]) hottest = k; });
    const top = p.temperatures.length ? p.temperatures[hottest] : NaN;
    set('n-battery', body.measures.voltage ? fixed(p.voltage, 1, 'V') : '–');
    $('n-battery').classList.toggle('bad', low > 0 && p.voltage < 1.05 * low);
    set('n-hottest', fixed(top, 0, '°C'));
    $('n-hottest').classList.toggle('bad', hot > 0 && top > hot - 15);
    $('n-hottest').title = p.temperatures.length ? body.actuators[hottest].name : '';
    set('n-faults', faultWords(p.faults) || 'none');
    $('n-faults').classList.toggle('bad', p.faults !== 0n);
  }
}

// faultWords names the bits that the robot reports.
function faultWords(bits) {
  const words = [];
  for (let k = 0; k < 64; k++) if (bits >> BigInt(k) & 1n) words.push(data.fault_names?.[k] ?? `bit ${k}`);
  return words.join(', ');
}

function progress(p) {
  $('progress').classList.toggle('none', !p.frameCount);
  const bar = document.querySelector('.bar');
  bar.firstElementChild.style.transform = `scaleX(${p.frameCount ? Math.min(1, p.frame / p.frameCount) : 0})`;
  bar.ariaValueMax = p.frameCount;
  bar.ariaValueNow = p.frame;
  set('frame', p.frameCount ? `frame ${p.frame} of ${p.frameCount}` : '');
}

function banner(mode, bits) {
  const bad = mode === 'fault' || fault !== '';
  if (mode === 'track') stopped = false;
  $('banner').hidden = !bad && !stopped;
  $('reset').hidden = !bad;
  $('banner').dataset.kind = bad ? 'fault' : 'stopped';
  set('banner-title', bad ? 'Fault' : 'Stopped');
  set('banner-text', bad ? fault || `the robot reports: ${faultWords(bits) || 'no fault'}` : 'The robot was told to come to rest.');
}

function refresh() {
  if (document.hidden || (document.body.classList.contains('lean') && turn++ % 4)) return;
  if (newest && shownTick !== seen.packets) paint();
}

function paint() {
  shownTick = seen.packets;
  words(newest);
  if ($('fold').ariaExpanded !== 'false') {
    for (const t of [traces.pos, traces.rot, ...joints.map((j) => j.trace)]) t.draw();
    timing.draw(newest.lateCounts, newest.workCounts, body.period_ns / 1000);
  }
}

// --- film -------------------------------------------------------------------

let came = () => {}; // told of every packet

// expose shows a tick of a clip, ms after the picture before, and ends when it is drawn.
seen.expose = async (tick, clip, ms) => {
  while (newest?.tick !== tick || newest.clip !== clip) await new Promise((r) => { came = r; });
  stage.expose(ms);
  paint();
};

// --- the stream -------------------------------------------------------------

const stream = new Stream(
  { n: data.frames.length, nj: body.joints.length, na: body.actuators.length, nt: body.measures.temperature ? body.actuators.length : 0 },
  { packet, line, link },
);

function packet(p) {
  const now = performance.now(), gap = now - arrived;
  if (gap < 200) interval += 0.1 * (gap - interval);
  arrived = now;
  newest = p;
  seen.packets++;
  seen.tick = p.tick;
  seen.ghost = p.ghost !== null;
  seen.root = Array.from(p.frames.subarray(7 * data.follow, 7 * data.follow + 7));
  plot(p);
  stage?.pose(p.frames, p.ghost, Math.max(8, interval));
  came();
}

function line(l) {
  if (l.type === 'hello' && l.run !== data.run) location.reload(); // another start, perhaps another body
  if (l.type === 'ack') acknowledged(l.do);
  if (l.type === 'status') {
    fault = l.fault;
    set('note', l.note);
    if (newest) words(newest); else banner('', 0n);
  }
}

function acknowledged(what) {
  seen.acks.push(what);
  if (what === 'stop') { stopped = true; $('stop').classList.remove('sent'); $('stop').classList.add('done'); }
  if (what === 'reset') { stopped = false; $('stop').classList.remove('done'); }
  if (newest) words(newest); else banner('', 0n);
}

function link(state) {
  seen.link = state;
  $('link').dataset.state = state;
  $('link').lastElementChild.textContent = { live: 'live', lost: 'connection lost', ended: 'run ended' }[state];
  document.body.classList.toggle('offline', state !== 'live');
  if (state !== 'live') $('stop').classList.remove('sent', 'done');
}

// --- wishes -----------------------------------------------------------------

function wish(w) { if (!data.watch_only) return stream.send(w); }

function stop() {
  const button = $('stop');
  button.classList.remove('done', 'failed');
  if (wish({ do: 'stop' })) button.classList.add('sent');
  else button.classList.add('failed');
}

function step(by) {
  const count = data.clips?.length ?? 0;
  if (!count) return;
  const next = ((newest?.clip ?? 0) + by + count) % count;
  wish({ do: 'clip', clip: next });
}

function toggle(id, act) {
  const on = $(id).ariaPressed !== 'true';
  $(id).ariaPressed = String(on);
  act(on);
}

const actions = {
  play: () => wish({ do: newest?.paused ? 'resume' : 'pause' }),
  restart: () => wish({ do: 'restart' }),
  reset: () => wish({ do: 'reset' }),
  follow: () => toggle('follow', (on) => stage?.setFollow(on)),
  ghost: () => toggle('ghost', (on) => { stage?.setGhost(on); $('legend-ghost').hidden = !on; }),
  home: () => stage?.home(),
  theme: () => { localStorage.setItem('theme', theme() === 'dark' ? 'light' : 'dark'); applyTheme(); shownTick = -1; },
  fold: () => { const open = $('fold').ariaExpanded !== 'true'; $('fold').ariaExpanded = String(open); document.body.classList.toggle('folded', !open); shownTick = -1; },
};
const keys = { p: 'play', r: 'restart', f: 'follow', g: 'ghost', c: 'home', t: 'theme', v: 'fold' };

for (const [id, act] of Object.entries(actions)) $(id).addEventListener('click', act);
$('stop').addEventListener('pointerdown', stop); // not on release: every tenth counts
$('stop').addEventListener('click', (e) => { if (e.detail === 0) stop(); }); // by keyboard or assistive technology
$('clip').addEventListener('change', (e) => { wish({ do: 'clip', clip: Number(e.target.value) }); e.target.blur(); });

// Escape and space stop wherever the focus is, before any button or list sees
// them; buttons are pressed with Enter.
addEventListener('keydown', (e) => {
  if (e.key === 'Escape' || e.key === ' ') {
    e.preventDefault();
    e.stopPropagation();
    if (!e.repeat) stop();
    return;
  }
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.tagName === 'SELECT') return;
  if (e.key === '[') step(-1);
  if (e.key === ']') step(1);
  const id = keys[e.key.toLowerCase()];
  if (id && !e.repeat) $(id).click();
}, { capture: true });
addEventListener('keyup', (e) => { if (e.key === ' ') e.preventDefault(); }, { capture: true });

// --- start ------------------------------------------------------------------

document.body.classList.toggle('watch-only', data.watch_only);
document.body.classList.toggle('film', film);
$('health').hidden = !body.measures.voltage && !body.measures.temperature;
set('body-name', body.name);
document.title = `${body.name} – Whisker`;
set('period', `${(1e9 / body.period_ns).toFixed(0)} Hz, late and work`);
(data.clips ?? []).forEach((name, k) => $('clip').add(new Option(name, k)));
$('clip').disabled = !(data.clips ?? []).length;
applyTheme();
firstChannels(4).forEach(addJoint);
new ResizeObserver(() => { shownTick = -1; refresh(); }).observe($('panel'));
if (!film) setInterval(refresh, 50);

let frames = 0, since = performance.now();
requestAnimationFrame(function draw(now) {
  requestAnimationFrame(draw);
  stage?.draw(now);
  if (++frames && now - since > 1000) { seen.fps = 1000 * frames / (now - since); frames = 0; since = now; }
});
await openStage();
