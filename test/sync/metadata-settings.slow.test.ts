import { createHash } from 'node:crypto';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, put, randomContent } from '../drivers/conformance/fixture.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../world/mirror-in-process.js';
import { summaryOf } from '../world/program.js';

const copies = (calls: readonly string[]) =>
  calls.filter((operation) => operation === 'copyObject').length;

test('P10: changed settings of metadata are applied to what is there by the next reconcile, once, without sending it', async () => {
  const mirror = openLocalMirror('    metadata: [mode]');
  const time = new Date('2020-02-03T04:05:06Z');
  for (const name of ['a', 'folder/b']) utimesSync(mirror.write(name), time, time);
  const timeOf = (name: string) => statSync(join(mirror.container, name)).mtime.toISOString();
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(timeOf('a')).not.toBe(time.toISOString());

  mirror.writeConfig('    metadata: [mtime, mode]');
  const scan = await mirror.longshore('scan');
  expect(scan.stderr).toContain(
    'metadata settings changed mirror=documents was=mode is="mode mtime"',
  );
  expect(timeOf('a')).not.toBe(time.toISOString()); // what a scan says nothing of stays pending

  const reconcile = await mirror.longshore('reconcile', '--json');
  expect([reconcile.code, timeOf('a'), timeOf('folder/b')]).toEqual([
    0,
    time.toISOString(),
    time.toISOString(),
  ]);
  expect(summaryOf(reconcile)).toMatchObject({ uploaded: 0, failed: 0 });
  const changed = statSync(join(mirror.container, 'a')).ctimeMs;
  expect((await mirror.longshore('reconcile', '--dry-run')).code).toBe(0);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(statSync(join(mirror.container, 'a')).ctimeMs).toBe(changed);
});

test('P10: an object of another tool without a time gets one when it is adopted', async () => {
  const { storage, write, run, faults } = await openMirrorFixture();
  write('a', 'content');
  await put(storage, { container: 'c', key: 'p/a' }, 'content');
  expect((await run('reconcile')).report).toMatchObject({ adopted: 1, uploaded: 0 });
  expect((await storage.headObject({ container: 'c', key: 'p/a' }, call)).metaData).toHaveProperty(
    'mtime',
  );
  await run('reconcile');
  expect(copies(faults.calls)).toBe(1);
});

test('an object whose provider drops metadata, or refuses to change it, is adopted after one try, and not sent', async () => {
  const forgetful = (backend: Backend): Backend => {
    const { copy } = backend.capabilities;
    if (copy === undefined) return backend;
    const copyObject: typeof copy.copyObject = (from, to, replace, given) =>
      copy.copyObject(from, to, replace && { ...replace, metaData: {} }, given);
    return { ...backend, capabilities: { ...backend.capabilities, copy: { ...copy, copyObject } } };
  };
  const archived = (backend: Backend): Backend => ({
    ...backend,
    capabilities: { ...backend.capabilities, copy: undefined },
  });
  for (const [wrap, tries] of [
    [forgetful, 1],
    [archived, 0],
  ] as const) {
    const { storage, write, run, faults } = await openMirrorFixture({ wrap });
    write('a', 'content');
    await put(storage, { container: 'c', key: 'p/a' }, 'content');
    expect((await run('reconcile')).report).toMatchObject({ adopted: 1, uploaded: 0 });
    await run('reconcile');
    expect([copies(faults.calls), faults.calls.includes('putObject')]).toEqual([tries, false]);
  }
});

describe('metadata: [md5]', () => {
  const PART = 300_001;
  const mirror: FixtureOptions['mirror'] = { metadata: ['mtime', 'md5'] };
  const inParts = { mirror, target: { multipartThreshold: 2 ** 20, partSize: PART } };
  const base64 = (content: Buffer) => createHash('md5').update(content).digest('base64');
  const metaData = async ({ storage }: MirrorFixture, name: string) =>
    (await storage.headObject({ container: 'c', key: `p/${name}` }, call)).metaData;

  test('P10: an object in parts has the MD5 of the whole as rclone has it, one whose ETag is the MD5 does not', async () => {
    const at = await openMirrorFixture(inParts);
    const content = randomContent(3 * PART + 2 ** 20);
    at.write('large', content);
    at.write('small');
    expect((await at.run('reconcile')).report).toMatchObject({ uploaded: 2, failed: 0 });
    expect(at.faults.calls).toContain('begin');
    expect(await metaData(at, 'large')).toMatchObject({ md5chksum: base64(content) });
    expect(await metaData(at, 'small')).not.toHaveProperty('md5chksum');
  });

  test('P10: an object whose provider reports no MD5 has it in its metadata, whatever its size', async () => {
    const at = await openMirrorFixture({
      mirror,
      wrap: (backend) => ({ ...backend, hashType: undefined }),
    });
    const contents = { large: randomContent(2 ** 20 + 1), small: randomContent(5) };
    for (const [name, content] of Object.entries(contents)) at.write(name, content);
    expect((await at.run('reconcile')).report).toMatchObject({ uploaded: 2, failed: 0 });
    for (const [name, content] of Object.entries(contents))
      expect(await metaData(at, name)).toMatchObject({ md5chksum: base64(content) });
  });

  test('P10: a metadata update keeps it, and an object that is adopted gets it without being sent', async () => {
    const at = await openMirrorFixture(inParts);
    const content = randomContent(2 * 2 ** 20);
    const file = at.write('large', content);
    await put(at.storage, { container: 'c', key: 'p/large' }, content);
    expect((await at.run('reconcile')).report).toMatchObject({ adopted: 1, uploaded: 0 });
    expect(await metaData(at, 'large')).toMatchObject({ md5chksum: base64(content) });
    utimesSync(file, 5, 5);
    expect((await at.run('scan')).report).toMatchObject({ uploaded: 0, refreshed: 1 });
    expect(await metaData(at, 'large')).toMatchObject({
      md5chksum: base64(content),
      mtime: '5.000000000',
    });
  });

  test('P2: of a file with other content than was hashed nothing is kept, and the next attempt sends what is in it', async () => {
    const later = randomContent(2 * 2 ** 20);
    let change = () => {};
    const changing = (backend: Backend): Backend => {
      const { multipart } = backend.capabilities;
      if (multipart === undefined) return backend;
      const begin: typeof multipart.begin = (...given) => {
        change();
        change = () => {};
        return multipart.begin(...given);
      };
      return {
        ...backend,
        capabilities: { ...backend.capabilities, multipart: { ...multipart, begin } },
      };
    };
    const at = await openMirrorFixture({ ...inParts, wrap: changing });
    const file = at.write('large', randomContent(2 * 2 ** 20));
    change = () => writeFileSync(file, later);
    await at.run('reconcile');
    await at.run('scan');
    expect((await at.objects())['p/large']).toBe(later.toString());
    expect(await metaData(at, 'large')).toMatchObject({ md5chksum: base64(later) });
  });
});
