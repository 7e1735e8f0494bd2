import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { type FakeGoogle, startFakeGoogle } from '../../fakes/google/server.js';
import { createFolder } from '../../world/folder.js';
import { call, listAll, plain, put, randomContent, readAll } from '../conformance/fixture.js';
import { openFake } from './open.js';

const MIB = 2 ** 20;
const CONTAINER = 'photos';
const run = promisify(execFile);

let fake: FakeGoogle;
let backend: Backend;
let folder: string;

beforeEach(async () => {
  fake = await startFakeGoogle({ isOpen: true });
  fake.rules.store.buckets.set(CONTAINER, { objects: new Map(), fields: {} });
  backend = openFake(fake);
  folder = createFolder();
  return async () => {
    await backend.close();
    await fake.close();
  };
});

/** Debian's rclone, with no configuration but these options. */
function rclone(...words: readonly string[]) {
  const options = [
    '--config=/dev/null',
    '--retries=1',
    '--low-level-retries=2',
    '--gcs-anonymous',
    '--gcs-bucket-policy-only',
    `--gcs-endpoint=${fake.origin}/storage/v1/`,
  ];
  return run('rclone', [...words, ...options]);
}

describe('rclone at the same Google Cloud Storage', () => {
  test('P10: copies what longshore has put, with content and times to the nanosecond', async () => {
    const metaData = { mtime: '1600000000.123456789', mode: '100640' };
    const content = randomContent(70_000);
    await put(backend, { container: CONTAINER, key: 'a folder/é %+.bin' }, content, { metaData });
    await rclone('copy', `:gcs:${CONTAINER}`, folder, '--checksum');
    const file = join(folder, 'a folder', 'é %+.bin');
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(1_600_000_000_123_456_789n);
  });

  test('P10: copies an object that longshore has put in parts', async () => {
    const { multipart } = backend.capabilities;
    const ref = { container: CONTAINER, key: 'in parts' };
    const content = randomContent(5 * MIB + 7);
    const metaData = { mtime: '1600000000.000000000' };
    const token = await multipart!.begin(ref, { ...plain, metaData }, call);
    const parts = [
      await multipart!.uploadPart(token, 1, bytesBody(content.subarray(0, 5 * MIB)), call),
      await multipart!.uploadPart(token, 2, bytesBody(content.subarray(5 * MIB)), call),
    ];
    await multipart!.complete(token, parts, call);
    await rclone('copy', `:gcs:${CONTAINER}`, folder);
    expect(readFileSync(join(folder, 'in parts')).equals(content)).toBe(true);
    expect(statSync(join(folder, 'in parts')).mtimeMs).toBe(1_600_000_000_000);
  });

  test('P10: what rclone has put, small and resumed, has its content, digest and time for longshore', async () => {
    mkdirSync(join(folder, 'sub'));
    const contents = {
      'small.txt': randomContent(1000),
      'sub/large.bin': randomContent(17 * MIB + 3),
    };
    for (const [name, content] of Object.entries(contents)) {
      writeFileSync(join(folder, name), content);
      utimesSync(join(folder, name), 1_600_000_000.25, 1_600_000_000.25);
    }
    await rclone('copy', folder, `:gcs:${CONTAINER}`);
    expect(fake.count('ContinueSession')).toBeGreaterThan(0);
    const listed = await listAll(backend, CONTAINER);
    expect(listed.map(({ key }) => key)).toEqual(['small.txt', 'sub/large.bin']);
    for (const { key, metaData, checksums } of listed) {
      expect(metaData['mtime']).toBe('1600000000.25');
      expect(checksums.map(({ algorithm }) => algorithm)).toEqual(['md5', 'crc32c']);
      const read = await readAll(
        await backend.readObject({ container: CONTAINER, key }, undefined, call),
      );
      expect(read.equals(contents[key as keyof typeof contents])).toBe(true);
    }
  });

  test('P10: rclone finds nothing to copy where longshore has put a file unchanged', async () => {
    const content = randomContent(1000);
    writeFileSync(join(folder, 'x'), content);
    utimesSync(join(folder, 'x'), 1_600_000_000, 1_600_000_000);
    const metaData = { mtime: '1600000000.000000000' };
    await put(backend, { container: CONTAINER, key: 'x' }, content, { metaData });
    const { generation } = fake.rules.store.object(CONTAINER, 'x');
    await rclone('sync', folder, `:gcs:${CONTAINER}`);
    expect(fake.rules.store.object(CONTAINER, 'x').generation).toBe(generation);
  });
});
