import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TargetFullError } from '../../../src/drivers/errors.js';
import { temporaryFolder } from '../../world/folder.js';
import {
  call,
  contentOf,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';
import { canMount, mount, mountNew, sharing } from './mounting.js';

const MIB = 1024 * 1024;

function freeBytes(folder: string): number {
  execFileSync('sync', ['--file-system', folder]);
  const { bfree, bsize } = statfsSync(folder);
  return bfree * bsize;
}

describe.skipIf(!canMount)('file systems of their own', () => {
  it.each(sharing.flatMap((type) => [1, 40].map((mib) => ({ type, mib }))))(
    'a copy of $mib MiB takes no space where files can share blocks ($type)',
    async ({ type, mib }) => {
      const root = temporaryFolder();
      mountNew(type, root);
      const backend = openLocal({ root });
      await backend.createContainer(CONTAINER, call);
      const content = randomContent(mib * MIB);
      await put(backend, ref('source'), content);
      const before = freeBytes(root);
      await backend.capabilities.copy?.copyObject(ref('source'), ref('copy'), undefined, call);
      expect(before - freeBytes(root)).toBeLessThan(content.length / 2);
      expect(
        (await readAll(await backend.readObject(ref('copy'), undefined, call))).equals(content),
      ).toBe(true);
    },
  );

  it('G2: a full disk refuses the put, says what to do, keeps what was there, and takes puts again when there is space', async () => {
    const root = temporaryFolder();
    mount(root, ['-t', 'tmpfs', '-o', 'size=6m', 'none']);
    const backend = openLocal({ root });
    await backend.createContainer(CONTAINER, call);
    await put(backend, ref('old'), 'as before');
    await put(backend, ref('ballast'), randomContent(2_000_000));
    for (const content of [randomContent(900_000), randomContent(9_000_000)]) {
      const puts = Array.from({ length: 8 }, (_, i) =>
        backend
          .putObject(ref(`large/${content.length}/${i}`), streamedBody(content), plain, call)
          .catch((error: unknown) => error),
      );
      const errors = (await Promise.all(puts)).filter((outcome) => outcome instanceof Error);
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) {
        expect(error).toBeInstanceOf(TargetFullError);
        expect((error as Error).message).toMatch(/no space is left on the file system.*ENOSPC/);
      }
      expect(unfinished(root)).toEqual([]);
      for (const key of await listKeys(backend, CONTAINER, `large/${content.length}/`)) {
        expect(
          (await readAll(await backend.readObject(ref(key), undefined, call))).equals(content),
          key,
        ).toBe(true);
      }
    }
    const overwrite = backend.putObject(
      ref('old'),
      streamedBody(randomContent(9_000_000)),
      plain,
      call,
    );
    expect((await rejection(overwrite)).message).toContain('ENOSPC');
    expect(await contentOf(backend, ref('old'))).toBe('as before');
    await backend.deleteObject(ref('ballast'), call);
    await put(backend, ref('new'), randomContent(1_000_000));
    expect(await listKeys(backend, CONTAINER)).toContain('new');
  });

  it('a container that is a mount of its own has its temporary files there, where no listing shows them', async () => {
    const root = temporaryFolder();
    const box = join(root, CONTAINER);
    mkdirSync(box);
    mount(box, ['-t', 'tmpfs', '-o', 'size=8m', 'none']);
    expect(statSync(box).dev).not.toBe(statSync(root).dev);
    const backend = openLocal({ root });
    await put(backend, ref('deep/small'), 'x');
    await backend.putObject(ref('large'), streamedBody(randomContent(3_000_000)), plain, call);
    await backend.capabilities.copy?.copyObject(ref('deep/small'), ref('copied'), undefined, call);
    expect(readdirSync(box).sort()).toEqual(['.longshore-incoming', 'copied', 'deep', 'large']);
    expect(await listKeys(backend, CONTAINER)).toEqual(['copied', 'deep/small', 'large']);
    expect((await rejection(put(backend, ref('.longshore-incoming/x'), 'x'))).name).toBe(
      'InvalidObjectNameError',
    );
    await backend.close();
    expect(readdirSync(join(box, '.longshore-incoming'))).toEqual([]);
  });

  it('a container that is a mount of the same device is found out by the first put, which can be tried again', async () => {
    const { backend, box } = await openBox();
    const elsewhere = temporaryFolder();
    mount(box, ['--bind', elsewhere]);
    const first = await rejection(put(backend, ref('x'), 'x'));
    expect(first).toMatchObject({ name: 'ObjectError', retry: 'backoff' });
    expect(first.message).toContain('mount of its own');
    await put(backend, ref('x'), 'x');
    expect(await contentOf(backend, ref('x'))).toBe('x');
    expect(existsSync(join(elsewhere, 'x'))).toBe(true);
  });

  it('P4: a root whose file system is unmounted is an unavailable target, until it is mounted again', async () => {
    const root = temporaryFolder();
    const disk = join(temporaryFolder(), 'disk');
    writeFileSync(disk, '');
    execFileSync('truncate', ['--size', '16M', disk]);
    const formatted = spawnSync('mkfs.ext4', ['-q', disk]).status === 0;
    expect(formatted, 'mkfs.ext4 is needed').toBe(true);
    execFileSync('mount', ['-o', 'loop', disk, root]);
    const backend = openLocal({ root });
    afterwards(() => void spawnSync('umount', ['--lazy', root]));
    await backend.createContainer(CONTAINER, call);
    await put(backend, ref('x'), 'x');
    execFileSync('umount', ['--lazy', root]);
    expect((await rejection(backend.headObject(ref('x'), call))).name).toBe(
      'TargetUnavailableError',
    );
    expect((await rejection(put(backend, ref('y'), 'y'))).name).toBe('TargetUnavailableError');
    expect(readdirSync(root)).toEqual([]);
    execFileSync('mount', ['-o', 'loop', disk, root]);
    expect(await contentOf(backend, ref('x'))).toBe('x');
    await put(backend, ref('y'), 'y');
  });
});
