// The panel's plots over time: tracking errors, joints that the onlooker chooses, and
// how the loop keeps its period.

import { $ } from './dom.js';
import { Trace, Bars } from './plots.js';
import { edge } from './stream.js';

export class Traces {
  // body as in scene.json.
  constructor(body) {
    this.body = body;
    this.pos = new Trace($('plot-pos'), { unit: 'mm', series: 2, floor: 0, least: 5 });
    this.rot = new Trace($('plot-rot'), { unit: '°', series: 1, floor: 0, least: 2 });
    this.timing = new Bars($('plot-time'), edge);
    this.joints = [];
    // What a joint trace may show: joints, with the command of the actuator that
    // drives them, and actuators that drive no single joint.
    this.channels = [
      ...body.joints.map((j, index) => ({ name: j.name, joint: index, actuator: body.actuators.findIndex((a) => a.joint === index) })),
      ...body.actuators.flatMap((a, index) => (a.joint < 0 ? [{ name: `${a.name} (tendon)`, joint: -1, actuator: index }] : [])),
    ];
    this.first(4).forEach((c) => this.addJoint(c));
  }

  // first are the limb joints under command that can move the farthest.
  first(count) {
    const { joints, limb_joints } = this.body;
    const limb = (c) => c.actuator >= 0 && (limb_joints ?? []).includes(c.joint);
    const range = (c) => (c.joint < 0 ? 0 : joints[c.joint].max_rad - joints[c.joint].min_rad);
    return [...this.channels].sort((a, b) => limb(b) - limb(a) || range(b) - range(a)).slice(0, count);
  }

  addJoint(channel) {
    const row = document.createElement('div'), select = document.createElement('select'), canvas = document.createElement('canvas');
    row.className = 'joint';
    select.ariaLabel = 'Joint to plot';
    this.channels.forEach((c, k) => select.add(new Option(c.name, k)));
    select.value = this.channels.indexOf(channel);
    canvas.className = 'plot';
    canvas.dataset.height = 54;
    row.append(select, canvas);
    $('joints').append(row);
    const joint = { channel, trace: new Trace(canvas, { unit: 'rad', series: 2, floor: null, least: 0.1, dashed: 1 }) };
    select.onchange = () => { joint.channel = this.channels[select.value]; joint.trace.clear(); };
    this.joints.push(joint);
  }

  // add takes a packet.
  add(p) {
    this.pos.add(p.time, 1000 * p.rootError, 1000 * p.meanError);
    this.rot.add(p.time, 180 / Math.PI * p.rotError);
    for (const { channel: c, trace } of this.joints) {
      const measured = c.joint >= 0 ? p.joints[c.joint] : p.actuators[c.actuator];
      trace.add(p.time, measured, c.actuator >= 0 ? p.commands[c.actuator] : NaN);
    }
  }

  // draw shows what was added; p is the newest packet.
  draw(p) {
    for (const t of [this.pos, this.rot, ...this.joints.map((j) => j.trace)]) t.draw();
    this.timing.draw(p.lateCounts, p.workCounts, this.body.period_ns / 1000);
  }
}
