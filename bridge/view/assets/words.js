// What the page says: state, errors, timing, the robot's health, and the banner.

import { $, set } from './dom.js';
import { quantile } from './stream.js';

const fixed = (x, digits, unit) => (Number.isFinite(x) ? `${x.toFixed(digits)} ${unit}` : '–');
const micro = (us) => (us >= 1e5 ? fixed(us / 1e6, 2, 's') : us >= 1000 ? fixed(us / 1000, 1, 'ms') : fixed(us, us < 10 ? 1 : 0, 'µs'));

export class Words {
  // data as in scene.json; the mode last said is in mode.
  constructor(data) {
    this.data = data;
    this.mode = '';
    this.fault = ''; // the server's words for it
    this.stopped = false; // somebody said stop, and the robot did not move since
    this.newest = null;
    $('health').hidden = !data.body.measures.voltage && !data.body.measures.temperature;
    set('body-name', data.body.name);
    document.title = `${data.body.name} – Whisker`;
    set('period', `${(1e9 / data.body.period_ns).toFixed(0)} Hz, late and work`);
    (data.clips ?? []).forEach((name, k) => $('clip').add(new Option(name, k)));
    $('clip').disabled = !(data.clips ?? []).length;
  }

  // say puts a packet into words.
  say(p) {
    this.newest = p;
    this.mode = this.data.modes[p.mode] ?? 'unknown';
    const shown = p.paused && this.mode !== 'fault' ? 'paused' : this.mode;
    set('mode', shown);
    $('mode').dataset.mode = shown;
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
    this.progress(p);
    $('play').classList.toggle('paused', p.paused);
    $('play').ariaLabel = p.paused ? 'Resume' : 'Pause';
    if (p.clip >= 0 && document.activeElement !== $('clip')) $('clip').value = p.clip;
    this.health(p);
    this.banner(this.mode, p.faults);
  }

  // again says what is there once more, because fault or stopped changed.
  again() {
    if (this.newest) this.say(this.newest); else this.banner('', 0n);
  }

  // health shows what a robot measures of itself: battery, the hottest motor, faults.
  health(p) {
    if ($('health').hidden) return;
    const { body } = this.data, low = body.limits.min_voltage_v, hot = body.limits.max_temperature_c;
    let hottest = 0;
    p.temperatures.forEach((t, k) => { if (t > p.temperatures[hottest]) hottest = k; });
    const top = p.temperatures.length ? p.temperatures[hottest] : NaN;
    set('n-battery', body.measures.voltage ? fixed(p.voltage, 1, 'V') : '–');
    $('n-battery').classList.toggle('bad', low > 0 && p.voltage < 1.05 * low);
    set('n-hottest', fixed(top, 0, '°C'));
    $('n-hottest').classList.toggle('bad', hot > 0 && top > hot - 15);
    $('n-hottest').title = p.temperatures.length ? body.actuators[hottest].name : '';
    set('n-faults', this.faults(p.faults) || 'none');
    $('n-faults').classList.toggle('bad', p.faults !== 0n);
  }

  // faults names the bits that the robot reports.
  faults(bits) {
    const words = [];
    for (let k = 0; k < 64; k++) if (bits >> BigInt(k) & 1n) words.push(this.data.fault_names?.[k] ?? `bit ${k}`);
    return words.join(', ');
  }

  progress(p) {
    $('progress').classList.toggle('none', !p.frameCount);
    const bar = document.querySelector('.bar');
    bar.firstElementChild.style.transform = `scaleX(${p.frameCount ? Math.min(1, p.frame / p.frameCount) : 0})`;
    bar.ariaValueMax = p.frameCount;
    bar.ariaValueNow = p.frame;
    set('frame', p.frameCount ? `frame ${p.frame} of ${p.frameCount}` : '');
  }

  banner(mode, bits) {
    const bad = mode === 'fault' || this.fault !== '';
    if (mode === 'track') this.stopped = false;
    $('banner').hidden = !bad && !this.stopped;
    $('reset').hidden = !bad;
    $('banner').dataset.kind = bad ? 'fault' : 'stopped';
    set('banner-title', bad ? 'Fault' : 'Stopped');
    set('banner-text', bad ? this.fault || `the robot reports: ${this.faults(bits) || 'no fault'}` : 'The robot was told to come to rest.');
  }
}
