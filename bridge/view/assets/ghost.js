// A ghost: a body that is not there, drawn translucent.

import * as THREE from 'three';
import { Skin } from './shapes.js';

// ghostMaterials are two passes over the same skin: the first fills in depth, so
// that the second blends the nearest surface only. Both stand back a little, so
// that a reference that is met exactly hides inside the body.
function ghostMaterials() {
  const offset = (factor) => ({ transparent: true, polygonOffset: true, polygonOffsetFactor: factor, polygonOffsetUnits: factor });
  const depth = new THREE.MeshBasicMaterial({ ...offset(3), colorWrite: false });
  const glow = new THREE.MeshLambertMaterial({ ...offset(2), depthWrite: false, color: 0, envMapIntensity: 0 });
  glow.onBeforeCompile = (s) => { // more opaque towards the rim
    s.fragmentShader = s.fragmentShader.replace('#include <opaque_fragment>', `
      float rim = 1.0 - abs(dot(normalize(normal), normalize(vViewPosition)));
      diffuseColor.a *= 0.16 + 0.62 * rim * rim;
      #include <opaque_fragment>`);
  };
  return { depth, glow };
}

// Ghost is a skin of such materials, which its packets may have or not.
export class Ghost extends Skin {
  // order: a ghost is drawn over those of a lower one.
  constructor(n, geometry, order) {
    super(n);
    this.paints = ghostMaterials();
    this.mesh(geometry, this.paints.depth).renderOrder = 2 * order;
    this.mesh(geometry, this.paints.glow).renderOrder = 2 * order + 1;
    this.wanted = true;
    this.here = false; // the newest packet has it
    this.show();
  }

  paint(color) { this.paints.glow.emissive.set(color); }

  // at tells whether these poses, null for none, are the target already.
  at(poses) { return poses ? this.here && super.at(poses) : !this.here; }

  // target sets where to glide, null for nowhere.
  target(poses, jump) {
    this.here = poses !== null;
    if (poses) super.target(poses, jump);
  }

  // show hides what nobody wants to see, or what is not here, and says whether it is seen.
  show() { return this.group.visible = this.wanted && this.here; }
}
