import { describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser } from './browser.js';
import { openOtherSite } from './other-site.js';
import { serveMirror } from './served-mirror.js';
import { signIn } from './sign-in.js';

/** Orders of every kind that a page can make a browser send. */
function attack(target: string): string {
  return `<!doctype html><title>attack</title>
<form id="form" method="post" action="${target}/api/v1/scan" enctype="text/plain" target="sink">
<input name='{"mirror":"documents","x":"' value='"}'></form>
<form id="out" method="post" action="${target}/sign-out" target="sink"></form>
<iframe name="sink"></iframe>
<iframe id="frame" src="${target}/"></iframe>
<script>
addEventListener('load', async () => {
  const results = [];
  const attempt = async (what, run) => {
    try { results.push(what + ' ' + await run()); } catch { results.push(what + ' refused'); }
  };
  form.submit();
  out.submit();
  const order = { method: 'POST', credentials: 'include', body: '{"mirror":"documents"}' };
  await attempt('read', async () => (await fetch('${target}/api/v1/status', { credentials: 'include' })).status);
  await attempt('json', async () => (await fetch('${target}/api/v1/scan', { ...order, headers: { 'content-type': 'application/json' } })).status);
  await attempt('simple', async () => (await fetch('${target}/api/v1/scan', { ...order, mode: 'no-cors' })).type);
  await attempt('beacon', async () => navigator.sendBeacon('${target}/api/v1/scan', '{}'));
  await attempt('stream', () => new Promise((resolve, reject) => {
    const stream = new EventSource('${target}/api/v1/events', { withCredentials: true });
    stream.onopen = () => resolve('open');
    stream.onerror = reject;
  }));
  await attempt('script', () => new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.onload = () => resolve('loaded');
    script.onerror = reject;
    script.src = '${target}/api/v1/status';
    document.head.append(script);
  }));
  document.title = 'done: ' + results.join(', ');
});
</script>`;
}

describe.skipIf(noBrowser !== undefined)('status page, and other sites in the same browser', () => {
  test('P3: pages of another site and of another port read nothing, order nothing, frame nothing, and end no session', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser({ hosts: ['evil.example'] });
    const context = await browser.newContext();
    const { page } = await signIn(context, served);
    const other = await openOtherSite({ '/': attack(served.origin) });

    for (const host of ['evil.example', '127.0.0.1']) {
      const attacking = await context.newPage();
      await attacking.goto(`http://${host}:${other.port}/`);
      await attacking.waitForFunction("document.title.startsWith('done')");
      expect(await attacking.title()).toMatch(
        /^done: read refused, json refused, simple refused, beacon true, stream refused, script refused$/,
      );
      const framed = attacking.frames().find((frame) => frame.url().startsWith(served.origin));
      expect(framed).toBeUndefined();
      await attacking.close();
    }
    // All ports of a host share their cookies: what the other port was sent opens the page to look, and orders nothing.
    expect(other.cookies.join()).toContain(`longshore-${served.port}=`);
    expect(served.program.stderr()).not.toContain('order from the page');

    await page.reload();
    expect(page.url()).toBe(`${served.origin}/`);
    const status = await page.evaluate("fetch('/api/v1/status').then((answer) => answer.status)");
    expect(status).toBe(200);
  });

  test('a name that was made to point to this machine gets nothing (DNS rebinding)', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser({ hosts: ['evil.example'] });
    const context = await browser.newContext();
    const { page } = await signIn(context, served);
    for (const path of ['/', '/sign-in', '/healthz', '/api/v1/status']) {
      const answer = await page.goto(`http://evil.example:${served.port}${path}`);
      expect([path, answer?.status()]).toEqual([path, 421]);
      expect(await answer?.text()).not.toContain('documents');
    }
    const read = await page.evaluate("fetch('/api/v1/status').then((answer) => answer.status)");
    expect(read).toBe(421);
  });

  test('a link from another site does not open the page, the address bar does', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser({ hosts: ['evil.example'] });
    const context = await browser.newContext();
    const { page } = await signIn(context, served);
    const other = await openOtherSite({ '/': `<a href="${served.origin}/">here</a>` });
    await page.goto(`http://evil.example:${other.port}/`);
    const [answer] = await Promise.all([page.waitForNavigation(), page.click('a')]);
    expect(answer?.status()).toBe(403);
    await page.getByRole('link', { name: 'To the overview' }).click();
    await page.waitForURL(`${served.origin}/`);
    expect((await page.goto(`${served.origin}/`))?.status()).toBe(200);
  });
});
