// node browser.test.mjs URL: drives the page as an onlooker would. browser_test.go
// serves the walker and obeys: STOP becomes a fault there, Reset ends it.
import assert from 'node:assert/strict';
import { openPage, until } from './browser.mjs';

const url = process.argv[2];
const { browser, page, complaints } = await openPage({ width: 900, height: 600 });
const step = (name) => console.log(name);
const state = () => page.evaluate(() => ({ ...window.whisker, stage: undefined, traces: undefined }));
const text = (id) => page.evaluate((i) => document.getElementById(i).textContent, id);
// picture of the middle of the stage, compared where something should (dis)appear
const picture = () => page.screenshot({ clip: { x: 60, y: 110, width: 440, height: 320 } });
// settled waits until nothing is drawn any more and three pictures in a row are
// the same: what was drawn last reaches the screen some time later.
const settled = async () => {
  const drawn = () => page.evaluate(() => window.whisker.stage.drawn);
  let last = await picture(), same = 1;
  for (const end = Date.now() + 180000; Date.now() < end;) {
    const before = await drawn();
    await page.waitForTimeout(100);
    const next = await picture();
    same = next.equals(last) && await drawn() === before ? same + 1 : 1;
    if (same === 3) return next;
    last = next;
  }
  throw new Error('a paused page draws on and on');
};

try {
  await page.goto(url);
  await until(page, 'the script', () => window.whisker !== undefined); // the page is loaded before it has run

  step('the body is drawn and moves');
  await until(page, 'the body', () => window.whisker.packets > 5 && window.whisker.stage?.size > 0);
  await until(page, 'triangles', () => window.whisker.stage.renderer.info.render.triangles > 5000);
  const first = await state();
  await until(page, 'movement', (x) => Math.hypot(window.whisker.root[0] - x[0], window.whisker.root[1] - x[1]) > 0.05, first.root);
  assert.equal(first.link, 'live');
  assert.ok(await page.evaluate(() => window.whisker.stage.animal === null && ['animal', 'legend-animal', 'key-animal'].every((id) => document.getElementById(id).hidden)), 'a body that follows no animal has one');

  step('pause holds it, and only what is hidden vanishes from the picture');
  await page.keyboard.press('p');
  await until(page, 'paused', () => document.getElementById('mode').textContent === 'paused');
  const both = await settled(); // and the last packet before the pause is here
  const tick = (await state()).tick;
  assert.ok(both.equals(await settled()), 'the picture of a paused body changes');
  assert.equal((await state()).tick, tick, 'the tick went on while paused');
  const [bone, root] = await page.evaluate(() => [window.whisker.stage.body.bones[0].position.toArray(), window.whisker.root]);
  assert.ok(Math.hypot(...bone.map((x, k) => x - root[k])) < 1e-5, `the torso is drawn at ${bone}, it is at ${root}`);
  await page.keyboard.press('g');
  const bodyOnly = await settled();
  assert.ok(!both.equals(bodyOnly), 'hiding the reference changes nothing');
  await page.evaluate(() => { window.whisker.stage.body.group.visible = false; window.whisker.stage.dirty = true; });
  assert.ok(!bodyOnly.equals(await settled()), 'hiding the body changes nothing');
  await page.evaluate(() => { window.whisker.stage.body.group.visible = true; });
  await page.keyboard.press('g');
  assert.ok(both.equals(await settled()), 'the reference does not come back as it was');
  await page.click('#play');
  await until(page, 'moving on', (t) => window.whisker.tick > t, tick);

  step('the traces are drawn');
  for (const id of ['plot-pos', 'plot-rot', 'plot-time']) {
    await until(page, `ink on ${id}`, (i) => {
      const c = document.getElementById(i), copy = new OffscreenCanvas(c.width, c.height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(c, 0, 0);
      const d = copy.getImageData(0, 0, c.width, c.height).data;
      let vivid = 0; // lines of a series have a colour, the grid has none to speak of
      for (let k = 0; k < d.length; k += 4) if (d[k + 3] > 120 && Math.max(d[k], d[k + 1], d[k + 2]) - Math.min(d[k], d[k + 1], d[k + 2]) > 60) vivid++;
      return vivid > 60;
    }, id);
  }
  step('battery, temperature and faults are told');
  assert.deepEqual([await text('n-battery'), await text('n-hottest'), await text('n-faults')], ['23.4 V', '43 °C', 'none']);
  assert.equal(await page.locator('#health .bad').count(), 0);

  assert.equal(await page.locator('#joints canvas').count(), 4);
  assert.match(await text('n-root'), /^\d+\.\d mm$/);
  assert.match(await text('n-p99'), /µs$/);

  step('restart and clips reach the loop');
  await until(page, 'five seconds of ticks', () => window.whisker.tick > 250);
  await page.keyboard.press('r');
  await until(page, 'the restart', () => window.whisker.tick < 250 && window.whisker.acks.includes('restart'));
  await page.selectOption('#clip', { label: 'walk' });
  await until(page, 'the clip', () => window.whisker.acks.includes('clip') && document.getElementById('clip').value === '2');
  await page.keyboard.press('[');
  await until(page, 'the clip before', () => document.getElementById('clip').value === '1');

  step('space stops, even with the focus on a button');
  await page.focus('#restart');
  await page.keyboard.press(' ');
  await until(page, 'the fault', () => window.whisker.mode === 'fault' && !document.getElementById('banner').hidden);
  assert.match(await text('banner-text'), /tilt 1\.31 rad/);
  await until(page, 'the health of a faulted robot', () => document.querySelectorAll('#health .bad').length === 3);
  assert.deepEqual([await text('n-battery'), await text('n-hottest'), await text('n-faults')], ['20.2 V', '71 °C', 'tilt, bit 63']);
  await page.click('#reset');
  await until(page, 'the reset', () => document.getElementById('banner').hidden && window.whisker.mode === 'track');

  step('the button stops, Escape stops');
  await page.click('#stop');
  await until(page, 'the fault again', () => window.whisker.mode === 'fault');
  await page.click('#reset');
  await until(page, 'the reset', () => window.whisker.mode === 'track');
  await page.keyboard.press('Escape');
  await until(page, 'the third fault', () => window.whisker.mode === 'fault');

  step('a narrow window keeps STOP in sight');
  await page.setViewportSize({ width: 390, height: 780 });
  const box = await page.locator('#stop').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390 && box.y + box.height <= 780, `STOP lies at ${JSON.stringify(box)}`);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);

  assert.deepEqual(complaints, []);

  step('without three.js the page says so, and STOP still works');
  await page.route('**/three/*.js', (r) => r.abort());
  await page.reload();
  await until(page, 'the script', () => window.whisker !== undefined);
  await until(page, 'the hint', () => document.getElementById('missing').textContent.includes('make build'));
  await until(page, 'packets', () => window.whisker.packets > 0);
  await page.keyboard.press('Escape');
  await until(page, 'the answer', () => window.whisker.acks.includes('stop'));
  console.log('fps', Math.round((await state()).fps));
} finally {
  await browser.close();
}
