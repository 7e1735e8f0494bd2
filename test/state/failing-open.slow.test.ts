import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openLmdbFile } from '../../src/state/lmdb-file.js';
import { INDEX_TABLES } from '../../src/state/lmdb-index.js';
import { type FailingCalls, hasStrace, runFailing } from '../failing-calls.js';
import { filled, setAsideIn } from './filled-state.js';
import type { Opening } from './opening-program.js';

const PROGRAM = fileURLToPath(new URL('./opening-program.js', import.meta.url));
const UNPRIVILEGED = 65_534;
const RECORDS = 300;

/** A state folder whose index was not closed, or was. */
async function filledState(unclean: boolean) {
  const state = await filled('lmdb', RECORDS);
  if (unclean) await writeFile(join(state.mirror, 'check-needed'), 'in use\n');
  return state;
}

describe.skipIf(!hasStrace)('opening an index whose calls fail', () => {
  const faults: readonly (readonly [string, Omit<FailingCalls, 'path'>, 'index' | 'lock'])[] = [
    ['open of the index', { calls: 'openat', how: 'error=EIO:when=1+' }, 'index'],
    ['a later open of the index', { calls: 'openat', how: 'error=EMFILE:when=4+' }, 'index'],
    ['open of its locks', { calls: 'openat', how: 'error=EACCES:when=1+' }, 'lock'],
    ['lock', { calls: 'fcntl', how: 'error=ENOLCK:when=1+' }, 'lock'],
    ['size of the locks', { calls: 'lseek', how: 'error=EIO:when=1+' }, 'lock'],
    ['map of the locks', { calls: 'mmap', how: 'error=ENOMEM:when=1+' }, 'lock'],
    ['map of the index', { calls: 'mmap', how: 'error=ENOMEM:when=1+' }, 'index'],
    ['read of the header', { calls: 'pread64', how: 'error=EIO:when=1+' }, 'index'],
  ];
  test.each(
    faults.flatMap(([name, fault, of]) =>
      [true, false].map(
        (unclean) => [name, unclean ? 'an unclean' : 'a clean', fault, of] as const,
      ),
    ),
  )(
    'P5: opening an index: a failing %s after %s end is an error and no damage',
    async (_, end, fault, of) => {
      const state = await filledState(end === 'an unclean');
      const path = of === 'index' ? state.index : `${state.index}-lock`;
      const ended = await runFailing([PROGRAM, state.folder], { ...fault, path });
      expect(ended.code, ended.stderr).toBe(0);
      const failed: Opening = JSON.parse(ended.stdout);
      expect(failed).toEqual({
        error: expect.stringMatching(/^StateUnavailableError: .*index\.mdb/),
      });
      expect(await setAsideIn(state.mirror)).toEqual([]);
      expect(open(state.folder)).toEqual({ records: RECORDS });
    },
    60_000,
  );
});

/** Its first three reads of a file `index.mdb` by position give 100 bytes each, in each process. */
const SHORT_READS = `
  #define _GNU_SOURCE
  #include <dlfcn.h>
  #include <stdio.h>
  #include <string.h>
  #include <unistd.h>
  static int left = 3;
  ssize_t pread64(int fd, void *buffer, size_t length, off64_t offset) {
    static ssize_t (*next)(int, void *, size_t, off64_t);
    char link[64], path[4096];
    if (!next) next = dlsym(RTLD_NEXT, "pread64");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t end = readlink(link, path, sizeof path - 1);
    if (end > 0 && left > 0 && length > 100) {
      path[end] = 0;
      if (strstr(path, "index.mdb")) { left--; length = 100; }
    }
    return next(fd, buffer, length, offset);
  }
  ssize_t pread(int fd, void *buffer, size_t length, off_t offset) { return pread64(fd, buffer, length, offset); }
`;

const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

test.skipIf(!hasCompiler)(
  'P5: opening an index: short reads of its header are read on',
  async () => {
    for (const unclean of [true, false]) {
      const state = await filledState(unclean);
      const library = join(state.folder, '..', 'short-reads.so');
      execFileSync('cc', ['-shared', '-fPIC', '-x', 'c', '-', '-o', library], {
        input: SHORT_READS,
      });
      const stdout = execFileSync(process.execPath, [PROGRAM, state.folder], {
        encoding: 'utf8',
        env: { ...process.env, LD_PRELOAD: library },
      });
      expect(JSON.parse(stdout)).toEqual({ records: RECORDS });
      expect(await setAsideIn(state.mirror)).toEqual([]);
    }
  },
  60_000,
);

test('P5: opening an index: one whose creation was cut short before its first record is created again, and nothing is set aside', async () => {
  const state = await filledState(false);
  for (const tables of [{}, INDEX_TABLES]) {
    for (const name of await readdir(state.mirror)) await rm(join(state.mirror, name));
    expect(open(state.folder)).toEqual({ records: 0 }); // a first start, with a ledger of its own
    for (const name of await readdir(state.mirror))
      if (name.startsWith('index')) await rm(join(state.mirror, name));
    await openLmdbFile(state.index, tables, { durable: true }).close();
    await writeFile(join(state.mirror, 'check-needed'), 'in use\n');
    expect(open(state.folder)).toEqual({ records: 0 });
    expect(await setAsideIn(state.mirror)).toEqual([]);
  }
});

// Takes root.
describe.skipIf(process.getuid?.() !== 0)('a state whose locks belong to root', () => {
  test('P5: is refused with the command that repairs it, and is kept', async () => {
    const state = await filledState(true);
    execFileSync('chown', ['-R', `${UNPRIVILEGED}:${UNPRIVILEGED}`, join(state.folder, '..')]);
    for (const lock of [`${state.index}-lock`, `${state.index}-inodes-lock`]) {
      await writeFile(lock, Buffer.alloc(8272));
      await chown(lock, 0, 0);
      await chmod(lock, 0o600);
    }
    await rm(join(state.folder, 'lock.1'), { force: true });
    const command = [
      '--reuid',
      `${UNPRIVILEGED}`,
      '--regid',
      `${UNPRIVILEGED}`,
      '--clear-groups',
      process.execPath,
      PROGRAM,
      state.folder,
    ];
    const failed: Opening = JSON.parse(execFileSync('setpriv', command, { encoding: 'utf8' }));
    expect(failed).toEqual({
      error: expect.stringMatching(
        /index\.mdb-lock: cannot be opened .*EACCES.*user 0.*chown -R 65534:65534 '/,
      ),
    });
    expect((await readdir(state.mirror)).filter((name) => name.includes('damaged'))).toEqual([]);
  });
});

function open(folder: string): Opening {
  return JSON.parse(execFileSync(process.execPath, [PROGRAM, folder], { encoding: 'utf8' }));
}
