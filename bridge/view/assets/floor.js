// The floor: a soft grid in world coordinates that fades into the background.

import * as THREE from 'three';

const GRID = `
float gridLine(vec2 p, float cell, float width) {
  vec2 q = p / cell, d = fwidth(q), a = abs(fract(q - 0.5) - 0.5) / d;
  return (1.0 - min(min(a.x, a.y) / width, 1.0)) * (1.0 - smoothstep(0.06, 0.35, max(d.x, d.y)));
}`;

export class Floor {
  constructor(cell) {
    this.uniforms = { uCell: { value: cell }, uLine: { value: new THREE.Color() } };
    const material = new THREE.MeshStandardMaterial({ roughness: 0.95, metalness: 0, envMapIntensity: 0.6 });
    material.onBeforeCompile = (shader) => this.draw(shader);
    this.mesh = new THREE.Mesh(new THREE.CircleGeometry(1, 64), material);
    this.mesh.receiveShadow = true;
  }

  draw(shader) {
    Object.assign(shader.uniforms, this.uniforms);
    shader.vertexShader = shader.vertexShader
      .replace('#include <common>', '#include <common>\nvarying vec2 vGrid;')
      .replace('#include <project_vertex>', '#include <project_vertex>\nvGrid = (modelMatrix * vec4(transformed, 1.0)).xy;');
    shader.fragmentShader = shader.fragmentShader
      .replace('#include <common>', `#include <common>\nvarying vec2 vGrid;\nuniform float uCell;\nuniform vec3 uLine;\n${GRID}`)
      .replace('#include <map_fragment>', `float g = max(0.4 * gridLine(vGrid, uCell, 1.0), gridLine(vGrid, 5.0 * uCell, 1.2));
        diffuseColor.rgb = mix(diffuseColor.rgb, uLine, g);`);
  }

  paint(floor, line) {
    this.mesh.material.color.set(floor);
    this.uniforms.uLine.value.set(line);
  }

  // under centres the disc below a point; the grid itself stays in the world.
  under(p, radius) {
    this.mesh.position.set(p.x, p.y, 0);
    this.mesh.scale.setScalar(radius);
  }
}

// Trail is the path of the root on the floor, fading with age.
export class Trail {
  constructor(points) {
    this.n = points;
    this.at = new THREE.BufferAttribute(new Float32Array(3 * points), 3);
    this.tint = new THREE.BufferAttribute(new Float32Array(4 * points), 4);
    const g = new THREE.BufferGeometry();
    g.setAttribute('position', this.at);
    g.setAttribute('color', this.tint);
    this.line = new THREE.Line(g, new THREE.LineBasicMaterial({ vertexColors: true, transparent: true, depthWrite: false }));
    this.line.frustumCulled = false;
    this.line.renderOrder = 1;
    this.clear();
  }

  clear() { this.used = 0; this.line.geometry.setDrawRange(0, 0); }

  paint(color) {
    const c = new THREE.Color(color);
    for (let i = 0; i < this.n; i++) this.tint.setXYZW(i, c.r, c.g, c.b, i / this.n);
    this.tint.needsUpdate = true;
  }

  // add appends a point (m) unless it is closer than least to the last; farther
  // than most it begins anew.
  add(x, y, least, most) {
    const a = this.at.array, end = 3 * (this.n - 1);
    const d = this.used ? Math.hypot(x - a[end], y - a[end + 1]) : 0;
    if (this.used && d < least) return;
    if (d > most) this.used = 0;
    a.copyWithin(0, 3);
    a.set([x, y, 0.0008], end);
    this.used = Math.min(this.used + 1, this.n);
    this.line.geometry.setDrawRange(this.n - this.used, this.used);
    this.at.needsUpdate = true;
  }
}
