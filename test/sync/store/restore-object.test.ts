import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { restoreObject } from '../../../src/sync/store/restore-object.js';
import { openFilter } from '../../../src/watcher/filter.js';
import { watchSyncs } from '../../drivers/synced-folders.js';
import { faulty } from '../../fakes/faulty-backend.js';
import { temporaryFolder } from '../../world/folder.js';
import { filesBelow } from '../../world/tree.js';

const { signal } = new AbortController();

/** Objects, and a folder to restore to, which is the only thing in another one. */
async function openRestore(symlinks: 'skip' | 'preserve' = 'skip') {
  const { backend, faults } = faulty(memoryBackend());
  await backend.createContainer('c', { signal });
  const around = temporaryFolder();
  const folder = join(around, 'inside');
  mkdirSync(folder);
  const restore = (name: string, key = 'object') =>
    restoreObject({ container: 'c', key }, name, { backend, folder, symlinks }, signal);
  return {
    faults,
    around,
    folder,
    restore,
    async restored(name: string, content: string | Buffer, metaData: Record<string, string> = {}) {
      const options = { contentType: 'text/plain', metaData, headers: {}, checksums: [] };
      await backend.putObject(
        { container: 'c', key: 'object' },
        bytesBody(Buffer.from(content)),
        options,
        { signal },
      );
      await restore(name);
    },
  };
}

test('restore: a file has its bytes, time and mode', async () => {
  const { restored, folder } = await openRestore();
  await restored('a/ä b.txt', 'content', { mtime: '1700000000.125000000', mode: '100640' });
  const path = join(folder, 'a/ä b.txt');
  expect(readFileSync(path, 'utf8')).toBe('content');
  expect(statSync(path).mtimeMs).toBe(1_700_000_000_125);
  expect(statSync(path).mode & 0o7777).toBe(0o640);
  await restored('old', 'x', { mtime: '-1.5', mode: '104777' });
  expect(statSync(join(folder, 'old')).mtimeMs).toBe(-1500);
  expect(statSync(join(folder, 'old')).mode & 0o7777).toBe(0o777); // no setuid bit: no user runs it as another
  await restored('plain', '', { mtime: 'yesterday', mode: 'rw' });
  expect(readFileSync(join(folder, 'plain'), 'utf8')).toBe('');
});

describe('restore: replaces nothing:', () => {
  test.each<readonly [string, (path: string) => void]>([
    ['a file', (path) => writeFileSync(path, 'mine')],
    ['a folder', (path) => mkdirSync(path)],
    ['a link to nothing', (path) => symlinkSync('nowhere', path)],
  ])('%s', async (_, make) => {
    const { restored, folder } = await openRestore();
    make(join(folder, 'a'));
    const { ino, ctimeMs } = lstatSync(join(folder, 'a'));
    await expect(restored('a', 'other')).rejects.toThrow();
    expect(lstatSync(join(folder, 'a'))).toMatchObject({ ino, ctimeMs });
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('restore: writes nothing outside of the folder', () => {
  test('by any name', async () => {
    const { restored, around } = await openRestore();
    const segment = fc.constantFrom(
      '..',
      '.',
      '',
      'a',
      'inside',
      '\0',
      '/',
      '\\',
      '..\\',
      '%2e%2e',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 5 }), async (segments) => {
        await restored(segments.join('/'), 'x').catch(() => undefined);
        expect(readdirSync(around)).toEqual(['inside']);
        expect(existsSync('/a')).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['a link to a folder outside', '..'],
    ['a link to nothing', '../nowhere'],
  ])('through %s', async (_, target) => {
    const { restored, around, folder } = await openRestore();
    symlinkSync(target, join(folder, 'link'));
    await expect(restored('link/a', 'x')).rejects.toThrow();
    await expect(restored('link/b/c', 'x')).rejects.toThrow();
    expect(readdirSync(around)).toEqual(['inside']);
    expect(readdirSync(folder)).toEqual(['link']);
  });

  test('through a link that was itself restored', async () => {
    const { restored, around } = await openRestore('preserve');
    await restored('link.rclonelink', '..');
    await expect(restored('link/a', 'x')).rejects.toThrow(/leads outside/);
    expect(readdirSync(around)).toEqual(['inside']);
  });
});

test('restore: makes a link only where the mirror preserves links, and replaces nothing by it', async () => {
  const preserving = await openRestore('preserve');
  await preserving.restored('a/link.rclonelink', '../some where', { mtime: '17.5' });
  expect(readlinkSync(join(preserving.folder, 'a/link'))).toBe('../some where');
  expect(lstatSync(join(preserving.folder, 'a/link')).mtimeMs).toBe(17_500);
  await expect(preserving.restored('a/link.rclonelink', 'elsewhere')).rejects.toThrow(
    'exists already',
  );
  expect(readlinkSync(join(preserving.folder, 'a/link'))).toBe('../some where');
  await expect(preserving.restored('empty.rclonelink', '')).rejects.toThrow('is no link');
  const skipping = await openRestore();
  await skipping.restored('link.rclonelink', 'text');
  expect(readFileSync(join(skipping.folder, 'link.rclonelink'), 'utf8')).toBe('text');
});

test('P5: restore: the names that it made are durable when it has ended', async () => {
  const { restored, folder } = await openRestore('preserve');
  const synced = await watchSyncs();
  await restored('a/b', 'content');
  await restored('c/link.rclonelink', 'a');
  expect(Object.fromEntries(synced)).toEqual({
    [folder]: ['a', 'c'],
    [join(folder, 'a')]: ['b'],
    [join(folder, 'c')]: ['link'],
  });
});

test('restore: an incomplete file has a name that no mirror reads, and is removed with its download', async () => {
  const { backend, faults } = faulty(memoryBackend());
  await backend.createContainer('c', { signal });
  await backend.putObject(
    { container: 'c', key: 'k' },
    bytesBody(Buffer.from('x')),
    { contentType: '', metaData: {}, headers: {}, checksums: [] },
    { signal },
  );
  const folder = temporaryFolder();
  const stop = new AbortController();
  faults.next('readObject', 'hang');
  const restoring = restoreObject(
    { container: 'c', key: 'k' },
    'a/b',
    { backend, folder, symlinks: 'skip' },
    stop.signal,
  );
  await expect.poll(() => filesBelow(folder)).toHaveLength(1);
  const [part = ''] = filesBelow(folder);
  expect(part).toMatch(/^a\/\.longshore-/);
  expect(openFilter({ exclude: [], include: [], never: [] }).ignoresFile(part)).toBe(true);
  stop.abort(new Error('enough'));
  await expect(restoring).rejects.toThrow('enough');
  expect(filesBelow(folder)).toEqual([]);
});

test('P2: restore: bytes other than those of the object never appear under its name', async () => {
  const { restored, restore, folder, faults } = await openRestore();
  faults.next('readObject', { cutAfter: 3 });
  await expect(restored('a', 'content')).rejects.toThrow('gave 3 of the 7 bytes');
  faults.next('headObject', 'wrong checksum');
  await expect(restore('a')).rejects.toThrow('has hash');
  faults.assertUsedUp();
  expect(readdirSync(folder)).toEqual([]);
  await restore('a');
  expect(filesBelow(folder)).toEqual(['a']);
});
