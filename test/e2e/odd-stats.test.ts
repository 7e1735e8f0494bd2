import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

/** Mounts over a folder until the test ends; false where this machine cannot. */
function mount(folder: string, command: string, ...args: readonly string[]): boolean {
  mkdirSync(folder, { recursive: true });
  if (spawnSync(command, [...args, folder]).status !== 0) return false;
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  return true;
}

const isRoot = process.getuid?.() === 0;
const hasMergerfs = isRoot && existsSync('/dev/fuse') && spawnSync('mergerfs', ['-V']).status === 0;

/** A pool over two folders beside it: half of its inode numbers are 2^63 or more. */
function mountPool(folder: string): void {
  const branches = [1, 2].map((number) => `${folder}.branch${number}`);
  for (const branch of branches) mkdirSync(branch);
  expect(mount(folder, 'mergerfs', '-o', 'defaults,use_ino', branches.join(':'))).toBe(true);
}

const LARGE = Buffer.alloc(3 * 1024 * 1024, 'large');

function fill(mirror: LocalMirror): void {
  for (let number = 0; number < 30; number += 1) mirror.write(`folder${number % 3}/file${number}`);
  for (let number = 0; number < 6; number += 1) mirror.write(`large${number}`, LARGE);
}

async function reconciled(mirror: LocalMirror): Promise<Record<string, unknown>> {
  const finished = await mirror.longshore('--reconcile', '--json');
  expect(finished, finished.stdout + finished.stderr).toMatchObject({ code: 0 });
  return summaryOf(finished);
}

describe.skipIf(!hasMergerfs)('inode numbers of 2^63 and more', () => {
  const isHigh = (file: string) =>
    BigInt.asUintN(64, statSync(file, { bigint: true }).ino) >= 2n ** 63n;

  test('P1: a source on a pool with such inodes is mirrored with its changes, and is then unchanged', async () => {
    const mirror = openLocalMirror();
    mountPool(mirror.source);
    fill(mirror);
    const paths = Array.from({ length: 30 }, (_, number) =>
      join(mirror.source, `folder${number % 3}/file${number}`),
    );
    expect(paths.filter(isHigh).length).toBeGreaterThan(3);
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 36, failed: 0, skipped: 0 });
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 0, unchanged: 36 });
    for (let number = 0; number < 30; number += 1)
      mirror.write(`folder${number % 3}/file${number}`, 'again');
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 30, unchanged: 6 });
    expect(mirror.differences()).toEqual([]);
  });

  test('P1: a local target on a pool with such inodes takes objects, copies, deletes and a second run', async () => {
    const mirror = openLocalMirror();
    mountPool(join(mirror.folder, 'vault'));
    fill(mirror);
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 36, failed: 0 });
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 0, unchanged: 36 });
    execFileSync('mv', [join(mirror.source, 'large0'), join(mirror.source, 'renamed')]);
    execFileSync('rm', [join(mirror.source, 'large1')]);
    expect(await reconciled(mirror)).toMatchObject({
      copied: 1,
      deleted: 2,
      uploaded: 0,
      failed: 0,
    });
    expect(mirror.differences()).toEqual([]);
  });
});

test.skipIf(!isRoot)(
  'P10: objects keep modification times before 1970, after 2262 and of 64-bit seconds',
  async () => {
    const mirror = openLocalMirror();
    mount(mirror.source, 'mount', '-t', 'tmpfs', 'none');
    const times = {
      old: '-5.5',
      'in 2400': '13569465600.25',
      distant: '99999999999999.5',
      last: '9223372036854775807',
      first: '-9223372036854775808',
    };
    for (const [name, time] of Object.entries(times)) {
      execFileSync('touch', ['-d', `@${time}`, mirror.write(name)]);
      execFileSync('touch', ['-d', `@${time}`, mirror.write(`large ${name}`, LARGE)]);
    }
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 10, failed: 0, skipped: 0 });
    expect(await reconciled(mirror)).toMatchObject({ uploaded: 0, unchanged: 10 });
    expect(mirror.differences()).toEqual([]);
    const kept = (name: string) => statSync(join(mirror.container, name), { bigint: true }).mtimeNs;
    expect([kept('old'), kept('in 2400')]).toEqual([-5_500_000_000n, 13_569_465_600_250_000_000n]);
  },
);
