import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser } from '../browser/browser.js';
import { type ServedMirror, serveMirror } from '../browser/served-mirror.js';
import { signIn } from '../browser/sign-in.js';
import { fill, objectsLeft, untilStatus } from '../e2e/guard-fixture.js';
import { eventually } from '../world/eventually.js';

/** Names that would run, forge lines, turn text around, or be cut where they must not be. */
const NAMES = [
  '<img src=x onerror=document.title=1>.jpg',
  'javascript:alert(1)',
  '" onfocus="alert(1)" autofocus="',
  'two\nlines',
  'turned\u202egpj.exe',
  'back\\slash',
  '&lt;b&gt;',
  `${'l'.repeat(200)}.txt`,
];

/** A token that may only look. */
const READER = 'reader-0123456789-0123456789-0123456789';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The rules that the page breaks, each with the elements that do. */
async function violations(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE);
  return page.evaluate(`axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`);
}

const LOOKS = [
  [1_440, 'light'],
  [1_440, 'dark'],
  [390, 'dark'],
  [390, 'light'],
] as const;

const isLive = (page: Page) => page.locator('.live:not(.still, .stale)').waitFor();

async function holdDeletes(served: ServedMirror): Promise<void> {
  await eventually(() => expect(served.differences()).toEqual([]));
  await untilStatus(served, ({ lastReconcile }) => expect(lastReconcile).toBeTruthy());
  rmSync(join(served.source, 'folder'), { recursive: true });
  await untilStatus(served, ({ held, queued }) => {
    expect(held).toBeGreaterThan(0);
    expect(queued).toBe(0);
  });
}

const VIEWS = [
  '/',
  '/mirrors/documents',
  '/mirrors/documents?tab=failures',
  '/mirrors/documents?tab=proof',
  '/mirrors/documents?tab=trash',
  '/mirrors/documents?tab=settings',
  '/changes',
  '/service',
];

describe.skipIf(noBrowser !== undefined)('status page', () => {
  test('a file arrives without a reload, keys lead to the views, and a daemon that died is said to be silent', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser();
    const { page, reports } = await signIn(await browser.newContext(), served);
    await isLive(page);
    await page.evaluate('window.kept = true');
    served.write('Projekte/東京タワー/first.mov');
    await page.getByText('Projekte/東京タワー/first.mov').waitFor();
    const well = /^Everything up to [\d:]+ is in the container\. Nothing needs you\.$/;
    await page.getByRole('heading', { level: 1, name: well }).waitFor();

    await page.keyboard.press('1');
    await page.waitForURL(`${served.origin}/mirrors/documents`);
    const point = page.getByRole('slider', { name: 'Lag, last 24 h: point in time' });
    await point.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await point.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d: /);
    await page.getByRole('link', { name: 'Now' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(`${served.origin}/mirrors/documents?tab=failures`);
    await page.getByText('No object is quarantined.').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('1'); // never inside a dialog
    expect(page.url()).toContain('tab=failures');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('t');
    const theme = await page.getAttribute('html', 'data-theme');
    await page.keyboard.press('0');
    await page.waitForURL(`${served.origin}/`);
    expect(await page.evaluate('window.kept')).toBe(true);
    expect(reports).toEqual([]);

    served.program.kill('SIGKILL');
    await served.program.finished;
    await page.getByText('No answer from longshore since').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/ was in the /);
    expect(await page.getByRole('button', { name: 'Pause…' }).count()).toBe(0);

    const restarted = served.daemon();
    await eventually(() => expect(restarted.stderr()).toContain('status page served'));
    await page.getByRole('button', { name: 'Try now' }).click();
    // Sessions end with the daemon: the server shows the way in, and the theme is kept.
    await page.getByLabel('Token').fill(served.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await isLive(page);
    expect(await page.getAttribute('html', 'data-theme')).toBe(theme);
  });

  test('P4: held deletes are done when the words for exactly this list were typed, and not before', async () => {
    const served = await serveMirror({ prepare: fill });
    await holdDeletes(served);
    const left = objectsLeft(served);
    const browser = await launchBrowser();
    const { page } = await signIn(await browser.newContext(), served);
    await page.getByRole('button', { name: 'Review and decide' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'documents:' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('dialog-title');
    const tree = dialog.getByRole('region', { name: 'Held changes' });
    // Some may have gone before the guard held the others.
    await tree.getByText(`all ${left}`).waitFor();
    await tree.getByText(`and ${left - 100} more`).waitFor();
    await dialog.getByLabel('Filter the held names').fill('f199');
    await tree.getByText('folder/f199').waitFor();
    expect(await tree.getByRole('listitem').count()).toBe(1);
    await dialog.getByLabel('Filter the held names').fill('');
    await tree.getByText(`all ${left}`).waitFor();
    await dialog.getByText('Approve: this is meant').click();
    const words = dialog.getByLabel(/^Type approve/);
    const approve = dialog.getByRole('button', { name: /^Approve \d+ changes$/ });
    await words.fill('approve 1');
    expect(await approve.isDisabled()).toBe(true);
    await words.fill(`approve ${left}`);

    // The list changes while a person reads it: what was typed was for another one.
    served.write('folder/f199');
    await dialog.getByText('The list has changed.').waitFor();
    expect(await words.count()).toBe(0); // the safe choice is made again
    expect(objectsLeft(served)).toBe(left);

    await dialog.getByText('Approve: this is meant').click();
    const phrase = (await dialog.locator('label[for=typed] code').textContent()) ?? '';
    expect(phrase).toBe(`approve ${left - 1}`);
    await words.fill(phrase);
    await approve.click();
    await page.getByText('Approved: the changes are made now').waitFor();
    await eventually(() => expect(served.differences()).toEqual([]));
    await page.getByText('Nothing needs you.').waitFor();
  });

  test('the file on disk is loaded when the word was typed, if it still is the file that was shown', async () => {
    const served = await serveMirror({
      status: `  read_token: ${READER}\n`,
      prepare: (mirror) => ['a.txt', 'b.log'].forEach((name) => void mirror.write(name)),
    });
    await eventually(() => expect(served.differences()).toEqual([]));
    const browser = await launchBrowser();
    const { page, reports } = await signIn(await browser.newContext(), served);
    await page.goto(`${served.origin}/service`);
    await isLive(page);
    await page.getByText('The file on disk says the same.').waitFor();

    served.configure('    exclude: ["*.log"]\n');
    await page.reload();
    await isLive(page);
    await page.getByText('documents begins again, with a scan: exclude').waitFor();
    await page.getByText('1 object of documents left in the container').waitFor();
    const reader = await signIn(await browser.newContext(), { ...served, token: READER });
    await reader.page.goto(`${served.origin}/service`);
    await isLive(reader.page);
    await reader.page.getByText('longshore reload --apply').waitFor();
    expect(await reader.page.getByRole('button', { name: 'Load the file' }).count()).toBe(0);

    const words = page.getByLabel('Type apply');
    const load = page.getByRole('button', { name: 'Load the file on disk' });
    expect(await load.isDisabled()).toBe(true);
    await words.fill('apply');

    // The file changes while a person reads what it would do.
    served.configure('    exclude: ["*.log", "*.txt"]\n');
    await load.click();
    await page.getByText('the file is another one than was shown').waitFor();
    await page.getByText('2 objects of documents left in the container').waitFor();
    expect(await words.inputValue()).toBe('');
    await words.fill('apply');
    await load.click();
    await page.getByText('The file on disk says the same.').waitFor();
    expect(reports, 'the browser notes the refusal').toEqual([expect.stringContaining('409')]);
    await page.goto(`${served.origin}/mirrors/documents?tab=settings`);
    await page
      .getByText(/longshore\.yaml:\d+/)
      .first()
      .waitFor();
  });

  test('without a script each view is whole and read-only, and names are text', async () => {
    const served = await serveMirror({
      prepare: (mirror) => NAMES.forEach((name) => void mirror.write(name)),
    });
    await eventually(() => expect(served.differences()).toEqual([]));
    const browser = await launchBrowser();
    for (const javaScriptEnabled of [false, true]) {
      const context = await browser.newContext({ javaScriptEnabled });
      const { page, reports } = await signIn(context, served);
      if (javaScriptEnabled) await isLive(page);
      for (const path of ['/mirrors/documents', '/service', '/', '/changes']) {
        await page.goto(served.origin + path);
        if (javaScriptEnabled) await isLive(page);
        expect(await page.locator('h1').count()).toBe(1);
        expect((await page.locator('main button').count()) > 0).toBe(javaScriptEnabled);
      }
      for (const shown of ['<img src=x', 'javascript:alert(1)', 'two\\nlines', 'turned\\u202egpj'])
        await page.getByText(shown).first().waitFor();
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).toMatch(/^✓ /);
      expect(reports).toEqual([]);
      await context.close();
    }
  });

  test('axe finds no violation in any view, in both themes, on a desktop and on a phone', async () => {
    const served = await serveMirror({ prepare: fill });
    await holdDeletes(served);
    served.write('a\u202eb/c\nd.txt');
    served.configure('    exclude: ["kept"]\n    verify: { within: 30d }\n');
    const browser = await launchBrowser();
    const context = await browser.newContext({ bypassCSP: true });
    const { page } = await signIn(context, served);
    const found: string[] = [];
    const judge = async (view: string) => {
      for (const [width, colorScheme] of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const wide = Number(
          await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        );
        if (wide > 0) found.push(`${view} ${width}: scrolls sideways by ${wide} px`);
        for (const each of await violations(page))
          found.push(`${view} ${width} ${colorScheme} ${each}`);
      }
      await page.setViewportSize({ width: 1_440, height: 900 });
    };
    for (const path of VIEWS) {
      await page.goto(served.origin + path);
      await isLive(page);
      await judge(path);
    }
    await page.goto(served.origin);
    for (const name of ['Review and decide', 'Why', 'Pause…']) {
      await page.getByRole('button', { name }).first().click();
      await page.getByRole('dialog').waitFor();
      await judge(name);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(found).toEqual([]);
  }, 180_000);
});
