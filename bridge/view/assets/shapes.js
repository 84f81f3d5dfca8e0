// From a body's shapes to one geometry: every vertex is bound to the frame that
// carries it, so that a whole body is drawn at once.

import * as THREE from 'three';

const DETAIL = 28; // segments around

// primitive returns the geometry of one shape in its own frame; sizes are as in
// MuJoCo, whose axis of capsules and cylinders is z.
function primitive({ kind, size_m: [a, b, c], vertices, faces }) {
  switch (kind) {
    case 'sphere': return new THREE.SphereGeometry(a, DETAIL, DETAIL / 2);
    case 'ellipsoid': return new THREE.SphereGeometry(1, DETAIL + 8, DETAIL / 2 + 4).scale(a, b, c);
    case 'capsule': return new THREE.CapsuleGeometry(a, 2 * b, 8, DETAIL).rotateX(Math.PI / 2);
    case 'cylinder': return new THREE.CylinderGeometry(a, a, 2 * b, DETAIL + 8).rotateX(Math.PI / 2);
    case 'box': return new THREE.BoxGeometry(2 * a, 2 * b, 2 * c);
    case 'mesh': {
      const g = new THREE.BufferGeometry();
      g.setAttribute('position', new THREE.Float32BufferAttribute(vertices, 3));
      g.setIndex(faces);
      g.computeVertexNormals();
      return g;
    }
  }
  return null; // a plane: the floor is drawn apart
}

export const quaternion = (q, at = 0) => new THREE.Quaternion(q[at + 1], q[at + 2], q[at + 3], q[at]);

// bodyGeometry merges all shapes; frames are bones of a rigid skin.
export function bodyGeometry(shapes) {
  const parts = [];
  for (const s of shapes) {
    const g = s.rgba[3] < 0.05 ? null : primitive(s);
    if (!g) continue;
    g.applyMatrix4(new THREE.Matrix4().compose(new THREE.Vector3(...s.pos_m), quaternion(s.quat), new THREE.Vector3(1, 1, 1)));
    parts.push({ g, s, n: g.attributes.position.count });
  }
  const count = parts.reduce((sum, p) => sum + p.n, 0);
  const position = new Float32Array(3 * count), normal = new Float32Array(3 * count), color = new Float32Array(3 * count);
  const bone = new Uint16Array(4 * count), weight = new Float32Array(4 * count), index = [];
  let base = 0;
  for (const { g, s, n } of parts) {
    position.set(g.attributes.position.array, 3 * base);
    normal.set(g.attributes.normal.array, 3 * base);
    const c = new THREE.Color().setRGB(s.rgba[0], s.rgba[1], s.rgba[2], THREE.SRGBColorSpace);
    for (let v = base; v < base + n; v++) {
      c.toArray(color, 3 * v);
      bone[4 * v] = s.frame;
      weight[4 * v] = 1;
    }
    for (const i of g.index.array) index.push(base + i);
    base += n;
    g.dispose();
  }
  const all = new THREE.BufferGeometry();
  all.setAttribute('position', new THREE.BufferAttribute(position, 3));
  all.setAttribute('normal', new THREE.BufferAttribute(normal, 3));
  all.setAttribute('color', new THREE.BufferAttribute(color, 3));
  all.setAttribute('skinIndex', new THREE.BufferAttribute(bone, 4));
  all.setAttribute('skinWeight', new THREE.BufferAttribute(weight, 4));
  all.setIndex(index);
  return all;
}

// Skin is one body (or its ghost): bones that follow poses, gliding from the
// one shown to the newest so that 50 Hz look smooth at 60.
export class Skin {
  constructor(n) {
    this.n = n;
    this.bones = Array.from({ length: n }, () => new THREE.Bone());
    this.group = new THREE.Group();
    this.group.add(...this.bones);
    this.skeleton = new THREE.Skeleton(this.bones, this.bones.map(() => new THREE.Matrix4()));
    this.from = this.to = this.shown = null;
  }

  mesh(geometry, material) {
    const m = new THREE.SkinnedMesh(geometry, material);
    m.bindMode = THREE.DetachedBindMode;
    m.bind(this.skeleton, new THREE.Matrix4());
    m.frustumCulled = false;
    this.group.add(m);
    return m;
  }

  // at tells whether these poses are the target already.
  at(frames) { return this.to !== null && frames.every((v, k) => v === this.to[k]); }

  // target sets where to glide; jump (m) is the distance that is not glided.
  target(frames, jump) {
    const leap = !this.shown || Math.hypot(frames[0] - this.shown[0], frames[1] - this.shown[1], frames[2] - this.shown[2]) > jump;
    this.from = leap ? frames : this.shown.slice();
    this.to = frames;
    this.shown ??= new Float32Array(7 * this.n);
  }

  // glide shows the pose at share u of the way.
  glide(u) {
    if (!this.to) return;
    const { from: a, to: b, shown: s } = this;
    for (let f = 0; f < this.n; f++) {
      const o = 7 * f;
      for (let k = o; k < o + 3; k++) s[k] = a[k] + (b[k] - a[k]) * u;
      let dot = 0, norm = 0;
      for (let k = o + 3; k < o + 7; k++) dot += a[k] * b[k];
      const sign = dot < 0 ? -1 : 1;
      for (let k = o + 3; k < o + 7; k++) { s[k] = a[k] * sign + (b[k] - a[k] * sign) * u; norm += s[k] * s[k]; }
      norm = 1 / Math.sqrt(norm || 1);
      for (let k = o + 3; k < o + 7; k++) s[k] *= norm;
      this.bones[f].position.set(s[o], s[o + 1], s[o + 2]);
      this.bones[f].quaternion.set(s[o + 4], s[o + 5], s[o + 6], s[o + 3]);
    }
  }
}
