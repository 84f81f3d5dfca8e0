// node screenshot.mjs URL OUT.png [WIDTHxHEIGHT] [SECONDS] [dark|light]
// Takes a picture of the live view, in its best quality, once the body is on the page. playwright-core
// is looked for in .deps/node/node_modules, Chromium at $CHROMIUM or on the PATH.
import { openPage, until } from './browser.mjs';

const [url, out, size = '1440x860', seconds = '4', scheme = 'dark'] = process.argv.slice(2);
if (!url || !out) {
  console.error('usage: node screenshot.mjs URL OUT.png [WIDTHxHEIGHT] [SECONDS] [dark|light]');
  process.exit(2);
}
const [width, height] = size.split('x').map(Number);
const { browser, page, complaints } = await openPage({ width, height, scheme });
try {
  await page.goto(`${url}#still`);
  await until(page, 'the body', () => window.whisker?.packets > 0 && window.whisker.stage?.size > 0);
  await page.waitForTimeout(1000 * Number(seconds));
  // Drawing in software on and on would leave no time for the picture.
  await page.evaluate(() => window.whisker.stage.portrait());
  await page.screenshot({ path: out, timeout: 180000 });
  if (complaints.length) throw new Error(complaints.join('\n'));
} finally {
  await browser.close();
}
