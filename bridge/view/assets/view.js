// The page: what the server sends becomes words, plots and poses; what the
// onlooker presses becomes wishes. STOP needs neither WebGL nor three.js.

import { $, set } from './dom.js';
import { Stream } from './stream.js';
import { repaint } from './plots.js';
import { Traces } from './traces.js';
import { Words } from './words.js';
import { listen, toggle } from './wishes.js';

const data = await (await fetch('scene.json')).json();
const { body, animal } = data;
body.joints ??= [];
body.actuators ??= [];

// What tests and the curious may look at.
const seen = window.whisker = { packets: 0, tick: 0, mode: '', link: '', stage: null, acks: [], ghost: false, animal: null, traces: {}, fps: 0 };

// film draws nothing by itself: expose does, a picture at a time.
const film = location.hash === '#film';

let stage = null, newest = null, shownTick = -1, turn = 0, interval = 20, arrived = 0;

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
    if (newest) stage.pose(newest, interval);
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

// --- words and plots --------------------------------------------------------

const words = new Words(data), traces = seen.traces = new Traces(body);

function refresh() {
  if (document.hidden || (document.body.classList.contains('lean') && turn++ % 4)) return;
  if (newest && shownTick !== seen.packets) paint();
}

function paint() {
  shownTick = seen.packets;
  words.say(newest);
  seen.mode = words.mode;
  if ($('fold').ariaExpanded !== 'false') traces.draw(newest);
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

const stream = new Stream({
  frames: data.frames.length, animal: animal?.frames ?? 0, joints: body.joints.length,
  actuators: body.actuators.length, temperatures: body.measures.temperature ? body.actuators.length : 0,
}, { packet, line, link });

function packet(p) {
  const now = performance.now(), gap = now - arrived;
  if (gap < 200) interval += 0.1 * (gap - interval);
  arrived = now;
  newest = p;
  seen.packets++;
  seen.tick = p.tick;
  seen.ghost = p.ghost !== null;
  seen.root = Array.from(p.frames.subarray(7 * data.follow, 7 * data.follow + 7));
  seen.animal = p.animal && Array.from(p.animal);
  traces.add(p);
  stage?.pose(p, Math.max(8, interval));
  came();
}

function line(l) {
  if (l.type === 'hello' && l.run !== data.run) location.reload(); // another start, perhaps another body
  if (l.type === 'ack') acknowledged(l.do);
  if (l.type === 'status') {
    words.fault = l.fault;
    set('note', l.note);
    words.again();
  }
}

function acknowledged(what) {
  seen.acks.push(what);
  if (what === 'stop') { words.stopped = true; $('stop').classList.remove('sent'); $('stop').classList.add('done'); }
  if (what === 'reset') { words.stopped = false; $('stop').classList.remove('done'); }
  words.again();
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

function step(by) {
  const count = data.clips?.length ?? 0;
  if (count) wish({ do: 'clip', clip: ((newest?.clip ?? 0) + by + count) % count });
}

// reveal shows or hides a ghost and its line in the legend.
const reveal = (ghost) => toggle(ghost, (on) => { stage?.reveal(ghost, on); $(`legend-${ghost}`).hidden = !on; });

const actions = {
  play: () => wish({ do: newest?.paused ? 'resume' : 'pause' }),
  restart: () => wish({ do: 'restart' }),
  reset: () => wish({ do: 'reset' }),
  follow: () => toggle('follow', (on) => stage?.setFollow(on)),
  ghost: () => reveal('ghost'),
  animal: () => reveal('animal'),
  home: () => stage?.home(),
  theme: () => { localStorage.setItem('theme', theme() === 'dark' ? 'light' : 'dark'); applyTheme(); shownTick = -1; },
  fold: () => { const open = $('fold').ariaExpanded !== 'true'; $('fold').ariaExpanded = String(open); document.body.classList.toggle('folded', !open); shownTick = -1; },
};
listen({ wish, actions, step });

// --- start ------------------------------------------------------------------

document.body.classList.toggle('watch-only', data.watch_only);
document.body.classList.toggle('film', film);
for (const id of ['animal', 'legend-animal', 'key-animal']) $(id).hidden = !animal;
if (animal) set('animal-name', animal.name);
applyTheme();
new ResizeObserver(() => { shownTick = -1; refresh(); }).observe($('panel'));
if (!film) setInterval(refresh, 50);

let frames = 0, since = performance.now();
requestAnimationFrame(function draw(now) {
  requestAnimationFrame(draw);
  stage?.draw(now);
  if (++frames && now - since > 1000) { seen.fps = 1000 * frames / (now - since); frames = 0; since = now; }
});
await openStage();
