// The body in three dimensions, its reference and the animal whose motion that was as
// ghosts, light, floor, camera.

import * as THREE from 'three';
import { OrbitControls } from './three/OrbitControls.js';
import { bodyGeometry, Skin } from './shapes.js';
import { Floor, Trail } from './floor.js';
import { Ghost } from './ghost.js';
import { nice } from './plots.js';

THREE.Object3D.DEFAULT_UP.set(0, 0, 1);

const THEMES = {
  dark: { back: '#12161d', floor: '#232a35', line: '#3b4657', ghost: '#ffb454', animal: '#8aa9ff', sun: 2.6, sky: 0.55 },
  light: { back: '#eef1f5', floor: '#cdd4dc', line: '#a9b5c2', ghost: '#d9730d', animal: '#3f63d6', sun: 2.6, sky: 0.5 },
};

// LEVELS of quality, from the finest; a slow machine steps down them.
const LEVELS = [
  { ratio: 2, shadow: 2048, gloss: 0.25 },
  { ratio: 1, shadow: 2048, gloss: 0.25 },
  { ratio: 0.75, shadow: 1024, gloss: 0 },
  { ratio: 0.5, shadow: 512, gloss: 0 },
];

// software tells that WebGL runs without a graphics card.
function software() {
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(name);
}

// softbox is what the body reflects: a sky with three bright panels.
function softbox(renderer, sky) {
  const room = new THREE.Scene();
  room.background = new THREE.Color(sky, sky, sky * 1.08);
  for (const [x, y, z, w, glow] of [[4, -4, 6, 5, 5], [-6, 2, 4, 4, 2.2], [0, 6, 3, 3, 1.6]]) {
    const panel = new THREE.Mesh(new THREE.PlaneGeometry(w, w), new THREE.MeshBasicMaterial({ color: new THREE.Color(glow, glow, glow), side: THREE.DoubleSide }));
    panel.position.set(x, y, z);
    panel.lookAt(0, 0, 0);
    room.add(panel);
  }
  const maker = new THREE.PMREMGenerator(renderer);
  const map = maker.fromScene(room, 0.05).texture;
  maker.dispose();
  return map;
}

export class Stage {
  // canvas to draw on; data as in scene.json; still draws only when portrait or
  // expose is called, in the best quality. Throws where WebGL is missing.
  constructor(canvas, data, still) {
    const lean = !still && software();
    Object.assign(this, { data, still });
    this.size = 0; // radius of the body, m; known with the first pose
    this.following = true;
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: !lean, powerPreference: 'high-performance' });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    this.renderer.toneMapping = THREE.NeutralToneMapping;
    this.scene = new THREE.Scene();
    this.scene.fog = new THREE.Fog(0, 1, 10);
    this.camera = new THREE.PerspectiveCamera(32, 1, 0.001, 100);
    this.orbit = new OrbitControls(this.camera, canvas);
    Object.assign(this.orbit, { enableDamping: true, dampingFactor: 0.12, maxPolarAngle: Math.PI / 2 - 0.02 });
    this.orbit.addEventListener('change', () => { this.dirty = true; });
    this.build();
    this.drawn = this.ticks = 0; // pictures drawn, and chances to draw one
    this.pace = { last: performance.now(), dt: 0, mean: 1000 / 60, slow: 0 };
    this.setLevel(lean ? 3 : 0);
  }

  build() {
    const n = this.data.frames.length, geometry = bodyGeometry(this.data.shapes);
    this.body = new Skin(n);
    this.ghost = new Ghost(n, geometry, 1);
    this.skin = new THREE.MeshPhysicalMaterial({ vertexColors: true, roughness: 0.48, clearcoatRoughness: 0.5 });
    const solid = this.body.mesh(geometry, this.skin);
    solid.castShadow = solid.receiveShadow = true;
    this.sun = new THREE.DirectionalLight(0xffffff, 2.5);
    this.sun.castShadow = true;
    this.sun.shadow.radius = 3;
    this.trail = new Trail(400);
    this.ghostTrail = new Trail(400);
    this.trail.line.renderOrder = 1.5;
    this.scene.add(this.body.group, this.ghost.group, this.sun, this.sun.target, this.trail.line, this.ghostTrail.line);
    const { animal } = this.data;
    this.animal = animal ? new Ghost(animal.frames, bodyGeometry(animal.shapes), 2) : null;
    if (animal) this.scene.add(this.animal.group);
  }

  // fit takes the size of the body from its first pose, and what hangs on it.
  fit(frames) {
    const f = 7 * this.data.follow;
    const reach = this.data.shapes.filter((s) => s.kind !== 'plane').map((s) => {
      const o = 7 * s.frame;
      const origin = Math.hypot(frames[o] - frames[f], frames[o + 1] - frames[f + 1], frames[o + 2] - frames[f + 2]);
      return origin + (s.kind === 'mesh' ? 0 : 0.7 * Math.max(...s.size_m));
    }).sort((a, b) => a - b);
    // A long tail is part of the picture, but not what it is about.
    this.size = Math.max(0.02, 1.15 * (reach[Math.floor(0.8 * reach.length)] ?? 0));
    this.cell = nice(this.size / 6);
    this.floor = new Floor(this.cell);
    this.scene.add(this.floor.mesh);
    const box = this.sun.shadow.camera, e = 2.4 * this.size;
    Object.assign(box, { left: -e, right: e, top: e, bottom: -e, near: 0.1 * this.size, far: 12 * this.size });
    this.sun.shadow.normalBias = 0.004 * this.size;
    this.sun.shadow.bias = -0.0006;
    Object.assign(this.camera, { near: 0.05 * this.size, far: 80 * this.size });
    Object.assign(this.orbit, { minDistance: 0.6 * this.size, maxDistance: 25 * this.size });
    this.resize();
    this.setTheme(this.theme ?? 'dark');
    this.home(frames);
  }

  // home puts the camera where it starts: in front, to the side, above.
  home(frames = this.body.to) {
    if (!frames) return;
    const f = 7 * this.data.follow, s = this.size;
    this.orbit.target.set(frames[f], frames[f + 1], 0.55 * frames[f + 2]);
    const [w, x, y, z] = frames.slice(f + 3, f + 7);
    const yaw = Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)) - 0.95;
    const d = 4.6 * s / Math.min(1, Math.max(0.55, this.camera.aspect));
    this.camera.position.set(Math.cos(yaw) * d * 0.93, Math.sin(yaw) * d * 0.93, d * 0.36).add(this.orbit.target);
    this.dirty = true;
  }

  setTheme(name) {
    this.theme = name;
    const t = THEMES[name];
    this.scene.background = new THREE.Color(t.back);
    this.scene.fog.color.set(t.back);
    this.scene.environment?.dispose();
    this.scene.environment = softbox(this.renderer, t.sky);
    this.sun.intensity = t.sun;
    this.ghost.paint(t.ghost);
    this.animal?.paint(t.animal);
    this.floor?.paint(t.floor, t.line);
    this.trail.paint(name === 'dark' ? '#5ee6d6' : '#0d8a80');
    this.ghostTrail.paint(t.ghost);
    this.dirty = true;
  }

  // reveal shows or hides a ghost, by its name here.
  reveal(name, on) { this[name].wanted = on; this.dirty = true; }
  setFollow(on) { this.following = on; this.dirty = true; }

  // pose takes the newest packet; interval (ms) is how long until the next.
  pose({ frames, ghost, animal }, interval) {
    if (!this.size) this.fit(frames);
    const jump = this.size;
    if (this.body.at(frames) && this.ghost.at(ghost) && (!this.animal || this.animal.at(animal))) return;
    this.body.target(frames, jump);
    this.ghost.target(ghost, jump);
    this.animal?.target(animal, jump);
    this.arrived = performance.now();
    this.interval = interval;
    const f = 7 * this.data.follow;
    this.trail.add(frames[f], frames[f + 1], 0.01 * this.size, jump);
    if (ghost) this.ghostTrail.add(ghost[f], ghost[f + 1], 0.01 * this.size, jump);
    this.moving = true;
  }

  // draw shows the present moment; it does nothing where nothing changed.
  draw(now) {
    this.measure(now);
    if (this.size && !this.still) this.show(now);
  }

  show(now) {
    this.resize();
    if (this.moving) {
      const u = Math.min(1, (now - this.arrived) / this.interval);
      this.body.glide(u);
      this.ghost.glide(u);
      this.animal?.glide(u);
      this.moving = u < 1;
      this.dirty = true;
    }
    this.chase();
    this.orbit.update();
    if (!this.dirty) return;
    this.dirty = false;
    this.drawn++;
    this.ghostTrail.line.visible = this.ghost.show();
    this.animal?.show();
    const reach = this.camera.position.distanceTo(this.orbit.target);
    this.floor.under(this.orbit.target, 14 * reach);
    Object.assign(this.scene.fog, { near: 1.4 * reach, far: 7 * reach });
    this.renderer.render(this.scene, this.camera);
  }

  // portrait draws once, from the camera's first place.
  portrait() {
    this.resize();
    this.body.glide(1);
    this.home();
    this.show(performance.now());
    document.body.classList.remove('lean');
  }

  // expose draws the newest pose for a film, ms after the picture before, and
  // returns when the picture is whole.
  expose(ms) {
    this.pace.dt = ms;
    this.arrived = -this.interval; // glides no longer
    this.moving = this.dirty = true;
    this.show(0);
    const gl = this.renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  // chase moves camera, target and light along with the body.
  chase() {
    if (!this.body.shown) return;
    const f = 7 * this.data.follow, [x, y, z] = this.body.shown.subarray(f, f + 3);
    this.sun.target.position.set(x, y, 0);
    this.sun.position.set(x - 1.6 * this.size, y - 2.2 * this.size, z + 4.6 * this.size);
    if (!this.following) return;
    const move = new THREE.Vector3(x, y, 0.55 * z).sub(this.orbit.target);
    if (move.length() < 0.002 * this.size) return;
    if (move.length() < 2 * this.size) move.multiplyScalar(1 - Math.exp(-this.pace.dt / 125));
    this.orbit.target.add(move);
    this.camera.position.add(move);
    this.dirty = true;
  }

  resize() {
    const c = this.renderer.domElement, w = c.clientWidth, h = c.clientHeight;
    if (w === this.w && h === this.h && this.ratio === this.renderer.getPixelRatio()) return;
    Object.assign(this, { w, h });
    this.renderer.setPixelRatio(this.ratio);
    this.renderer.setSize(w, h, false);
    this.camera.aspect = w / Math.max(1, h);
    this.camera.updateProjectionMatrix();
    this.dirty = true;
  }

  setLevel(level) {
    this.level = level;
    const l = LEVELS[level];
    this.ratio = Math.min(devicePixelRatio || 1, l.ratio);
    this.skin.clearcoat = l.gloss;
    this.sun.shadow.mapSize.set(l.shadow, l.shadow);
    this.sun.shadow.map?.dispose();
    this.sun.shadow.map = null;
    document.body.classList.toggle('lean', level >= 2 || this.still);
    this.dirty = true;
  }

  // measure steps down where the machine was slow for two seconds on end.
  measure(now) {
    const p = this.pace, dt = now - p.last;
    p.last = now;
    p.dt = Math.max(0, dt);
    this.ticks++;
    if (this.still || dt > 3000) return; // the page was hidden
    p.mean += 0.1 * (dt - p.mean);
    p.slow = p.mean > 26 ? p.slow + dt : 0;
    if (p.slow < 2000 || this.level === LEVELS.length - 1) return;
    p.slow = 0;
    this.setLevel(this.level + 1);
  }
}
