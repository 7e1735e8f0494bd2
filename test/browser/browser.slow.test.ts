import { describe, expect, test } from 'vitest';
import { launchBrowser, noBrowser } from './browser.js';
import { openOtherSite } from './other-site.js';

describe.skipIf(noBrowser !== undefined)('browser of the tests', () => {
  test('shows pages of this machine, under chosen names too, and reaches nothing else', async () => {
    const { port } = await openOtherSite({ '/': '<h1>here</h1>' });
    const browser = await launchBrowser({ hosts: ['evil.example'] });
    const page = await browser.newPage();
    for (const host of ['127.0.0.1', 'localhost', 'evil.example']) {
      await page.goto(`http://${host}:${port}/`);
      expect(await page.textContent('h1')).toBe('here');
    }
    await expect(page.goto('http://example.org/')).rejects.toThrow(/ERR_NAME_NOT_RESOLVED/);
  });
});
