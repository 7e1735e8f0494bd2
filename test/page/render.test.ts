import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pageAssets } from '../../src/page/assets.js';
import { renderPage } from '../../src/page/render.js';
import { queueStatus, workerRow } from '../status/statuses.js';
import { held, mirrorRow, NOW, statusOf, ZONE } from './models.js';

/** Names that a file can have, and that a page must show as text. */
const HOSTILE = [
  '<img src=x onerror=alert(1)>.jpg',
  '</title><script>alert(1)</script>',
  "javascript:alert('1')",
  '"onfocus="alert(1)',
  'a\u202egpj.exe',
  'two\nlines',
  '&lt;b&gt;',
  `${'long/'.repeat(800)}end`,
];

function answers(over: Readonly<Record<string, unknown>> = {}) {
  const known: Readonly<Record<string, unknown>> = {
    '/status': statusOf([mirrorRow('photos', { held: 3 }), mirrorRow('mail')], [held('photos')]),
    '/changes?limit=200': {
      changes: HOSTILE.map((name, at) => ({
        id: `c${at}`,
        atMs: NOW,
        job: 'upload_object',
        outcome: 'done',
        mirror: 'photos',
        name,
        bytes: 1,
        seconds: 0.1,
      })),
    },
    ...over,
  };
  return async (target: string) => known[target];
}

const request = { ask: answers(), role: 'decide', zone: ZONE } as const;

describe('the page without a script', () => {
  it('is whole: verdict, what needs the reader, and the command for it', async () => {
    const page = await renderPage('/', request);
    expect(page?.status).toBe(200);
    expect(page?.html).toContain('Everything up to 14:02:31 is in the containers.');
    expect(page?.html).toContain('longshore held photos');
    expect(page?.html).toContain('As of');
    expect(page?.html).not.toContain('<button');
  });

  it.each(['/', '/mirrors/photos', '/mirrors/photos?tab=trash', '/changes', '/service'])(
    'has neither script nor style inside at %s, which its security policy would refuse',
    async (address) => {
      const html = (await renderPage(address, request))?.html ?? '';
      expect(html.match(/<script(?! src="\/)/g)).toBe(null);
      expect(html.match(/<style|<[a-z][^<>]*\s(?:style|on[a-z]+)=/gi)).toBe(null);
      expect(html.match(/<h1/g)).toHaveLength(1);
      expect(html).toMatch(/^<!doctype html>\n<html lang="en"/);
    },
  );

  it('shows names as text, whatever is in them', async () => {
    const html = (await renderPage('/changes', request))?.html ?? '';
    const tags = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map(([, tag]) => tag));
    expect([...tags]).not.toContain('img');
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('\u202e');
    expect(html).toContain('\\u202e');
    expect(html).toContain('&amp;lt;b&amp;gt;');
  });

  it('has no page at another address, and says so for a mirror that is not there', async () => {
    expect(await renderPage('/etc/passwd', request)).toBe(undefined);
    expect(await renderPage('/mirrors/%', request)).toBe(undefined);
    expect((await renderPage('/mirrors/none', request))?.status).toBe(404);
  });

  it('carries what the script needs to act for this session, and no more', async () => {
    const page = await renderPage('/', { ...request, csrf: 'a"b' });
    expect(page?.html).toContain('data-csrf="a&quot;b"');
    expect(page?.html).toContain('data-role="decide"');
    expect((await renderPage('/', request))?.html).not.toContain('data-csrf');
  });
});

describe('the files of the page', () => {
  it('are below 60 KiB together, compressed', () => {
    const sizes = pageAssets().map(({ body }) => gzipSync(body, { level: 9 }).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60 * 1024);
  });

  it('name nothing of another host, and no source map', () => {
    for (const { body } of pageAssets()) {
      const text = body.toString('utf8').replaceAll('http://www.w3.org/', '');
      expect(text).not.toMatch(/https?:\/\/|sourceMappingURL|@import|url\(/);
    }
  });

  it('hold no way from text to markup', () => {
    const script = readFileSync('dist/bundle/page/page.js', 'utf8');
    expect(script).not.toMatch(/\beval\(|new Function|document\.write|insertAdjacentHTML/);
  });
});

describe('the workers', () => {
  const pageOf = async (queue: unknown) =>
    (await renderPage('/', { ...request, ask: answers({ '/workers': { queue } }) }))?.html ?? '';

  it('are on the overview, each with what it does and why it returns jobs', async () => {
    const refusals = [{ mirror: 'mail', why: '<b>another</b> source' }];
    const html = await pageOf(queueStatus({ workers: [workerRow({ refusals })] }));
    expect(html).toContain('Workers</h2>');
    expect(html).toContain('nas2:4711');
    expect(html).toContain('Helps documents, photos.');
    expect(html).toContain('Returns the jobs of mail: &lt;b>another&lt;/b> source.');
  });

  it('are not there where the configuration has no queue, or the daemon has no route for it', async () => {
    expect(await pageOf(null)).not.toContain('Workers</h2>');
    expect((await renderPage('/', request))?.html).not.toContain('Workers</h2>');
  });
});
