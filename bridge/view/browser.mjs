// Headless Chromium with WebGL in software, for the test and for screenshots.
import { createRequire } from 'node:module';
import { accessSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const deps = fileURLToPath(new URL('../../.deps/node/', import.meta.url));
const { chromium } = createRequire(deps)('playwright-core');

function executable() {
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = places.find((p) => { try { accessSync(p); return true; } catch { return false; } });
  if (!found) throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM to its path');
  return found;
}

// openPage returns a fresh page and the list of what the page complained about:
// errors and warnings on its console, exceptions, requests that failed.
export async function openPage({ width = 1280, height = 800, scheme = 'dark' } = {}) {
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-sandbox'],
  });
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  page.setDefaultTimeout(180000);
  const complaints = [];
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !driver(m.text())) complaints.push(`${m.type()}: ${m.text()}`); });
  page.on('pageerror', (e) => complaints.push(`exception: ${e.stack ?? e}`));
  page.on('requestfailed', (r) => complaints.push(`failed: ${r.url()} ${r.failure()?.errorText}`));
  return { browser, page, complaints };
}

// driver tells remarks of the software renderer from those of the page.
const driver = (text) => text.includes('GL Driver Message') || text.includes('swiftshader');

// until asks the page again and again, for three minutes, until test is true of it.
// (page.waitForFunction needs eval, which the page's policy forbids.)
export async function until(page, what, test, argument) {
  for (const end = Date.now() + 180000; Date.now() < end;) {
    if (await page.evaluate(test, argument)) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`waited three minutes for: ${what}; the page says ${await page.evaluate(() => JSON.stringify({ ...window.whisker, stage: undefined, traces: undefined }))}`);
}
