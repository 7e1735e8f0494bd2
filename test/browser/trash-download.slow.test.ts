import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { untilStatus } from '../e2e/guard-fixture.js';
import { askPort, bearer } from '../listener/fixture.js';
import { eventually } from '../world/eventually.js';
import { launchBrowser, noBrowser } from './browser.js';
import { serveMirror } from './served-mirror.js';
import { signIn } from './sign-in.js';

const NAME = 'letters/evil "page".html';
const CONTENT = '<!doctype html><script>document.title = "ran"</script>';
const READ_TOKEN = 'read-token-of-the-test-0123456789-0123456789';

interface TrashAnswer {
  readonly newest: readonly { readonly name: string; readonly removedAtMs: number }[];
}

/** A mirror whose trash has one page of HTML. */
async function serveTrash() {
  const served = await serveMirror({
    mirror: '    deletes: trash\n',
    status: `  read_token: ${READ_TOKEN}\n`,
    prepare: (mirror) => {
      mirror.write(NAME, CONTENT);
      mirror.write('kept');
    },
  });
  await untilStatus(served, ({ lastReconcile, queued }) => {
    expect(lastReconcile).toBeTruthy();
    expect(queued).toBe(0);
  });
  rmSync(join(served.source, NAME));
  const listed = async (): Promise<TrashAnswer> => {
    const headers = bearer(served.token);
    const { text } = await askPort(served.port, '/api/v1/trash?mirror=documents', { headers });
    return JSON.parse(text) as TrashAnswer;
  };
  await eventually(async () => expect((await listed()).newest).toHaveLength(1));
  const [entry = { name: '', removedAtMs: 0 }] = (await listed()).newest;
  const query = (over: object = {}) =>
    new URLSearchParams({
      mirror: 'documents',
      name: entry.name,
      at: String(entry.removedAtMs),
      ...over,
    });
  const ask = (over?: object, token = served.token, method = 'GET') =>
    askPort(served.port, `/api/v1/trash/object?${query(over)}`, {
      method,
      headers: bearer(token),
    });
  return { served, ask, entry };
}

test('P9: trash: a download is an attachment of no type, which no browser runs, and names what is in the trash', async () => {
  const { ask, entry } = await serveTrash();
  expect(entry.name).toBe(NAME);
  const { status, headers, text } = await ask();
  expect([status, text]).toEqual([200, CONTENT]);
  expect(headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': String(CONTENT.length),
    'content-disposition': `attachment; filename="evil _page_.html"; filename*=UTF-8''evil%20%22page%22.html`,
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect((await ask({}, READ_TOKEN)).status).toBe(403);
  expect(await ask({}, undefined, 'HEAD')).toMatchObject({ status: 200, text: '' });
  for (const [over, refused] of [
    [{ name: 'kept' }, 404],
    [{ name: '../kept' }, 404],
    [{ name: `/${NAME}` }, 404],
    [{ name: '' }, 400],
    [{ at: '1' }, 404],
    [{ at: '1e9' }, 400],
    [{ at: '9'.repeat(15) }, 404],
    [{ mirror: 'other' }, 404],
  ] as const)
    expect((await ask(over)).status, JSON.stringify(over)).toBe(refused);
});

describe.skipIf(noBrowser !== undefined)('trash in a browser', () => {
  test('P9: a page of HTML is saved and not shown, from its link and from the address bar', async () => {
    const { served } = await serveTrash();
    const browser = await launchBrowser();
    const { page, reports } = await signIn(await browser.newContext(), served);
    await page.goto(`${served.origin}/mirrors/documents?tab=trash`);
    const link = page.getByRole('link', { name: /^Download/ });
    const address = `${served.origin}${await link.getAttribute('href')}`;
    for (const open of [
      () => link.click(),
      // A navigation that becomes a download is interrupted: that is its error.
      () => page.goto(address).catch((error: unknown) => expect(String(error)).toMatch(/Download/)),
    ]) {
      const [download] = await Promise.all([page.waitForEvent('download'), open()]);
      expect(download.suggestedFilename()).toMatch(/^evil .page.\.html$/);
      expect(readFileSync(await download.path(), 'utf8')).toBe(CONTENT);
    }
    expect(await page.title()).not.toBe('ran');
    expect(reports).toEqual([]);
  });

  test('search: an object is found by a part of its name, and Enter explains it', async () => {
    const { served } = await serveTrash();
    served.write('Projekte/2026/Vertrag Müller.pdf');
    await eventually(() => expect(served.differences()).toEqual([]));
    const browser = await launchBrowser();
    const { page } = await signIn(await browser.newContext(), served);
    await page.locator('.live:not(.still, .stale)').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('VERTRAG m');
    await page.getByRole('button', { name: /documents .*Vertrag Müller\.pdf/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('Projekte/2026/Vertrag Müller.pdf').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.type('nothing of this name');
    await page.getByText('No object name contains').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('No object name contains').waitFor({ state: 'detached' });
  });

  test('pause: all mirrors wait until a time, and go on when a person resumes them', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser();
    const { page } = await signIn(await browser.newContext(), served);
    await page.getByRole('button', { name: 'Pause…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText(/^Paused: all mirrors, until/).waitFor();
    await page.getByRole('button', { name: 'Resume now' }).click();
    await page.getByText(/^Paused: all mirrors, until/).waitFor({ state: 'detached' });
  });
});
