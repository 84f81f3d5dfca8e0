// node animal.test.mjs URL: looks at a robot's run as an onlooker does: its first clip was a
// rat's, and its second, stand, was not. hil/ghosts_browser_test.go serves the run.
import assert from 'node:assert/strict';
import { openPage, until } from './browser.mjs';

const [url] = process.argv.slice(2);
const { browser, page, complaints } = await openPage({ width: 900, height: 600 });
const step = (name) => console.log(name);
const hidden = (id) => page.evaluate((i) => document.getElementById(i).hidden, id);

// withAnimal: it is drawn and goes where the robot goes; each ghost has its key.
async function withAnimal() {
  step('the animal is drawn');
  await until(page, 'the animal', () => window.whisker.stage.animal?.group.visible);
  await until(page, 'both ghosts', () => window.whisker.stage.ghost.group.visible);
  assert.equal(await page.evaluate(() => document.getElementById('animal-name').textContent), 'rat');

  step('it moves in step with the robot');
  const walked = await page.evaluate(async () => {
    // The middle of the animal's frames against the robot's trunk, packet by packet.
    const seen = window.whisker, places = [];
    const middle = (poses) => [0, 1].map((k) => { let s = 0; for (let i = 7 + k; i < poses.length; i += 7) s += poses[i]; return s / (poses.length / 7 - 1); });
    for (let last = -1, end = Date.now() + 180000; Date.now() < end; await new Promise((r) => setTimeout(r, 5))) {
      if (seen.tick === last || !seen.animal) continue;
      last = seen.tick;
      places.push({ tick: last, robot: seen.root.slice(0, 2), animal: middle(seen.animal) });
      const from = places[0].robot;
      if (Math.hypot(seen.root[0] - from[0], seen.root[1] - from[1]) > 0.8) return places;
    }
    return places;
  });
  const first = walked[0], last = walked[walked.length - 1];
  const way = (who) => Math.hypot(last[who][0] - first[who][0], last[who][1] - first[who][1]);
  assert.ok(way('robot') > 0.8, `the robot walked ${way('robot')} m in three minutes`);
  assert.ok(Math.abs(way('animal') / way('robot') - 1) < 0.25, `the animal went ${way('animal')} m, the robot ${way('robot')} m`);
  for (const { tick: t, robot, animal: at } of walked) {
    const apart = Math.hypot(at[0] - robot[0], at[1] - robot[1]); // the tail pulls the middle back
    assert.ok(apart < 0.5, `at tick ${t} the animal is ${apart} m from the robot`);
  }

  step('pause holds it where its packet says');
  const paused = () => document.getElementById('mode').textContent === 'paused';
  for (;;) {
    await page.selectOption('#clip', { index: 0 });
    await until(page, 'the first clip', () => window.whisker.animal !== null && window.whisker.mode === 'track' && window.whisker.tick > 20);
    await page.keyboard.press('p');
    await until(page, 'paused', paused);
    if (await page.evaluate(() => window.whisker.animal !== null)) break;
    await page.keyboard.press('p'); // a slow machine came to the next clip
    await until(page, 'moving on', () => document.getElementById('mode').textContent !== 'paused');
  }
  await until(page, 'the pose', () => {
    const { stage, animal: poses } = window.whisker;
    return !stage.moving && stage.animal.bones.every((b, k) => Math.hypot(b.position.x - poses[7 * k], b.position.y - poses[7 * k + 1], b.position.z - poses[7 * k + 2]) < 1e-4);
  });
  const held = () => page.evaluate(() => ({ tick: window.whisker.tick, root: window.whisker.root, animal: window.whisker.animal }));
  const before = await held();
  await page.waitForTimeout(500);
  assert.deepEqual(await held(), before, 'the robot and the animal are not held together');

  step('each ghost has its key, and they are on the picture');
  const picture = async (robot, rat) => {
    await until(page, `ghosts ${robot} and ${rat}`, ([g, a]) => window.whisker.stage.ghost.group.visible === g && window.whisker.stage.animal.group.visible === a, [robot, rat]);
    assert.deepEqual([await hidden('legend-ghost'), await hidden('legend-animal')], [!robot, !rat]);
    return page.evaluate(() => window.whisker.stage.renderer.info.render.triangles);
  };
  const both = await picture(true, true);
  await page.keyboard.press('a');
  const robot = await picture(true, false);
  await page.keyboard.press('g');
  const none = await picture(false, false);
  await page.keyboard.press('a');
  const rat = await picture(false, true);
  await page.click('#ghost');
  assert.equal(await picture(true, true), both);
  assert.ok(both > robot && robot > none && rat > none && rat - none > 5000, `triangles: both ${both}, robot ${robot}, rat ${rat}, none ${none}`);
  await page.keyboard.press('p');

  step('a clip that was no animal\'s has none');
  await page.keyboard.press(']');
  await until(page, 'no animal', () => window.whisker.animal === null && !window.whisker.stage.animal.group.visible && window.whisker.stage.ghost.group.visible);
}

try {
  await page.goto(url);
  await until(page, 'the script', () => window.whisker !== undefined); // the page is loaded before it has run
  await until(page, 'the body', () => window.whisker.packets > 5 && window.whisker.stage?.size > 0);
  await withAnimal();
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}
