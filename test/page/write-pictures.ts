import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { isRoot } from '../world/program.js';
import { serveSample } from './sample-server.js';

// npm run docs:pictures: the pictures of the status page in docs/images, drawn from the sample by a real browser.

const FOLDER = process.argv[2] ?? 'docs/images';

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly theme: 'light' | 'dark';
  /** The colours are those that the system forces on every page. */
  readonly forced?: true;
  /** The button that opens what the picture shows. */
  readonly press?: string;
}

const PICTURES: readonly Picture[] = [
  { name: 'status-page', path: '/', width: 1_440, height: 980, theme: 'light' },
  {
    name: 'status-page-held',
    path: '/',
    width: 1_180,
    height: 800,
    theme: 'dark',
    press: 'Review and decide',
  },
  { name: 'status-page-service', path: '/service', width: 1_440, height: 1_060, theme: 'light' },
  {
    name: 'status-page-proof',
    path: '/mirrors/studio?tab=proof',
    width: 1_180,
    height: 760,
    theme: 'dark',
  },
  { name: 'status-page-phone', path: '/mirrors/studio', width: 390, height: 844, theme: 'light' },
  {
    name: 'status-page-forced-colors',
    path: '/',
    width: 1_440,
    height: 980,
    theme: 'dark',
    forced: true,
  },
];

async function take(browser: Browser, origin: string, picture: Picture): Promise<void> {
  const { name, path, width, height, theme, forced, press } = picture;
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: theme,
    forcedColors: forced ? 'active' : 'none',
  });
  await page.goto(origin + path);
  await page.locator('.live:not(.still, .stale)').waitFor();
  if (press !== undefined) {
    await page.getByRole('button', { name: press }).click();
    await page.getByRole('dialog').waitFor();
  }
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.close();
}

mkdirSync(FOLDER, { recursive: true });
const { origin, server } = await serveSample();
const browser = await chromium.launch({
  executablePath: process.env['LONGSHORE_CHROMIUM'] ?? '/usr/bin/chromium',
  args: isRoot ? ['--no-sandbox'] : [],
});
for (const picture of PICTURES) await take(browser, origin, picture);
await browser.close();
server.closeAllConnections();
server.close();
