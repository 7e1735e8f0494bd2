import { renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call } from '../drivers/conformance/fixture.js';
import { type FixtureOptions, openMirrorFixture } from '../world/mirror-in-process.js';

const headers = [
  { match: 'site/*.html', cache_control: 'no-cache' },
  { match: 'old/', storage_class: 'GLACIER', cache_control: 'max-age=9' },
  { match: '*', cache_control: 'max-age=1', content_language: 'de' },
];
const page = {
  contentType: 'text/html',
  headers: { 'cache-control': 'no-cache', 'content-language': 'de' },
};
const old = {
  headers: { 'cache-control': 'max-age=9', 'content-language': 'de' },
  storageClass: 'GLACIER',
};

async function openPlace({ mirror, target = {} }: FixtureOptions = {}) {
  const fixture = await openMirrorFixture({ mirror: { headers, ...mirror }, target });
  const about = async (name: string) =>
    (await fixture.storage.headObject({ container: 'c', key: `p/${name}` }, call)).extra;
  return { ...fixture, about };
}

test('object headers: go with small and large objects and parts, by patterns of names below the prefix', async () => {
  const { write, run, about } = await openPlace({
    target: { multipartThreshold: 3_000_000, partSize: 1_000_000 },
  });
  write('site/index.html');
  write('old/small');
  write('old/large', Buffer.alloc(2_000_000, 1));
  write('old/in parts', Buffer.alloc(4_000_000, 1));
  await run('reconcile');
  expect(await about('site/index.html')).toMatchObject(page);
  for (const name of ['old/small', 'old/large', 'old/in parts'])
    expect(await about(name), name).toMatchObject(old);
});

test('object headers: go with the copy of a renamed file, and with changed times', async () => {
  const { write, run, about, mirror, storage, faults } = await openPlace();
  const file = write('site/index.html', 'content');
  write('draft', 'other content');
  await run('reconcile');
  const puts = () => faults.calls.filter((operation) => operation === 'putObject').length;
  const before = puts();
  renameSync(
    join(mirror.settings.source, 'draft'),
    join(mirror.settings.source, 'site/draft.html'),
  );
  utimesSync(file, 1, 1);
  await run('scan');
  expect(await about('site/draft.html')).toMatchObject(page);
  expect(await about('site/index.html')).toMatchObject(page);
  expect(
    (await storage.headObject({ container: 'c', key: 'p/site/index.html' }, call)).metaData[
      'mtime'
    ],
  ).toMatch(/^1\./);
  expect(puts()).toBe(before);
});

test('object headers: the content type of the mirror is that of the object', async () => {
  const { write, run, about } = await openPlace({
    mirror: { headers: [{ match: '*.log', content_type: 'text/plain; charset=utf-8' }] },
  });
  write('a.log');
  await run('reconcile');
  expect(await about('a.log')).toMatchObject({
    contentType: 'text/plain; charset=utf-8',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  });
});
