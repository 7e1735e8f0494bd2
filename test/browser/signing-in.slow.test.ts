import { describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser } from './browser.js';
import { serveMirror } from './served-mirror.js';
import { signIn } from './sign-in.js';

/** What the browser says where the page and its security policy disagree. */
const POLICY = /Content Security Policy|Trusted|Refused/;

/** Trusted Types refuse the text of the script and the attribute; the policy refuses the image from elsewhere. */
const INJECTION = `
  const script = document.createElement('script');
  try { script.textContent = 'document.title = "run"'; } catch {}
  try { document.body.append(script); } catch {}
  const image = document.createElement('img');
  try { image.setAttribute('onerror', 'document.title = "run"'); } catch {}
  image.src = 'http://evil.example/x';
  document.body.append(image);
`;

describe.skipIf(noBrowser !== undefined)('status page: signing in', () => {
  test.each([true, false])(
    'a person signs in and out by forms, with no report of the browser (script: %s)',
    async (javaScriptEnabled) => {
      const served = await serveMirror();
      const browser = await launchBrowser();
      const context = await browser.newContext({ javaScriptEnabled });
      const { page, reports } = await signIn(context, served);
      const [cookie] = await context.cookies();
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
      expect(cookie?.value).not.toBe(served.token);
      expect(await page.textContent('body')).toContain('documents');
      expect(reports.filter((report) => POLICY.test(report))).toEqual([]);

      await page.goto(`${served.origin}/sign-in`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect.poll(() => context.cookies()).toEqual([]);
      expect((await page.goto(`${served.origin}/`))?.status()).toBe(401);
    },
  );

  test('a wrong token is said in words, and the form is there again', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(served.origin);
    await page.getByLabel('Token').fill('nonsense');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toBe('This token is not valid.');
    await page.getByLabel('Token').fill(served.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${served.origin}/`);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('what is injected into the page does not run', async () => {
    const served = await serveMirror();
    const browser = await launchBrowser();
    const { page, reports } = await signIn(await browser.newContext(), served);
    await page.evaluate(INJECTION);
    await expect.poll(() => reports.join('\n')).toMatch(POLICY);
    expect(await page.title()).not.toBe('run');
  });
});
