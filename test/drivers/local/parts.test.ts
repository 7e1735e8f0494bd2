import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { read } from '../../../src/config/fields.js';
import { TargetFullError } from '../../../src/drivers/errors.js';
import { createMakeDurable, type Dirty } from '../../../src/drivers/local/change.js';
import { localDriver } from '../../../src/drivers/local/driver-kind.js';
import {
  type Failure,
  onFile,
  Refusal,
  toFailure,
  toStorageError,
} from '../../../src/drivers/local/failure.js';
import { type Names, refuseCaseCollision } from '../../../src/drivers/local/rename-into-place.js';
import { findDriver } from '../../../src/drivers/registry/registry.js';
import { temporaryFolder } from '../../world/folder.js';
import { call } from '../conformance/fixture.js';
import { afterwards } from './fixture.js';

describe('settings', () => {
  const place = { folder: '/etc/longshore', env: {} };

  it('have the root relative to the configuration, also under the name that Libcloud has for it', () => {
    const expected = { root: '/etc/longshore/containers', fsync: true, create: true };
    expect(read(localDriver.settings(place), { root: 'containers' }).value).toEqual(expected);
    expect(read(localDriver.settings(place), { key: './containers' }).value).toEqual(expected);
    expect(read(localDriver.settings(place), {}).complaints).toHaveLength(1);
    expect(localDriver.folders?.({ root: '/x', fsync: true, create: true })).toEqual(['/x']);
  });

  it('open a driver that touches nothing before its first call', async () => {
    const backend = await findDriver('LOCAL').open(
      { root: '/nowhere/at/all', fsync: true, create: false },
      { clock: systemClock },
    );
    expect(backend.name).toBe('local');
    await expect(backend.listContainers({}, call)).rejects.toMatchObject({
      name: 'TargetUnavailableError',
    });
    await backend.close();
  });
});

describe('failures of the system', () => {
  const failure = (code: string): Failure =>
    toFailure(
      Object.assign(new Error(`${code}: it failed`), {
        code,
        syscall: 'open',
        path: '/root/box/x',
      }),
    );

  it('say which call failed on what, why, and when another try is worth it', () => {
    for (const [code, retry] of [
      ['EROFS', 'backoff'],
      ['EIO', 'backoff'],
      ['EMFILE', 'backoff'],
      ['EACCES', 'never'],
      ['EPERM', 'never'],
      ['ESOMETHING', 'never'],
    ] as const) {
      const error = toStorageError(failure(code), 'x');
      expect(error).toMatchObject({
        name: 'StorageError',
        driver: 'local',
        retry,
        cause: { code },
      });
      expect(error.message).toContain('open "/root/box/x" failed: ');
      expect(error.message).toContain(code);
    }
  });

  it('say that the target is full where it is', () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const error = toStorageError(failure(code), 'x');
      expect(error).toBeInstanceOf(TargetFullError);
      expect(error).toMatchObject({ driver: 'local', retry: 'never' });
      expect(error.message).toContain('open "/root/box/x" failed: ');
      expect(error.message).toContain(code);
    }
  });

  it('are those of the target when its file system is gone, and of the name when that is refused', () => {
    expect(toStorageError(failure('ESTALE'), 'x')).toMatchObject({
      name: 'TargetUnavailableError',
      retry: 'backoff',
    });
    expect(toStorageError(failure('EILSEQ'), 'x')).toMatchObject({
      name: 'InvalidObjectNameError',
      objectName: 'x',
      retry: 'never',
    });
    expect(toStorageError(failure('EINVAL'))).toMatchObject({ name: 'StorageError' });
  });

  it('of calls on a descriptor carry the path of its file, and say nothing about a name', () => {
    const descriptor = openSync('/dev/null', 'r');
    const write = () => onFile('/root/box/a name', () => writeSync(descriptor, Buffer.from('x')));
    let error: unknown;
    try {
      write();
    } catch (met) {
      error = met;
    } finally {
      closeSync(descriptor);
    }
    expect(toFailure(error)).toMatchObject({
      code: 'EBADF',
      call: 'write',
      path: '/root/box/a name',
      ofDescriptor: true,
    });
    for (const code of ['EINVAL', 'EIO']) {
      const same = toStorageError(toFailure(Object.assign(error as Error, { code })), 'a name');
      expect(same).toMatchObject({
        name: 'StorageError',
        message: expect.stringMatching(/^write "\/root\/box\/a name" failed/),
      });
    }
  });

  it('of the database carry a number instead', () => {
    expect(
      toFailure(Object.assign(new Error('Read-only file system'), { code: 30 })),
    ).toMatchObject({ kind: 'system', code: 'EROFS' });
    expect(toFailure(Object.assign(new Error('MDB_CORRUPTED'), { code: -30796 }))).toMatchObject({
      kind: 'unexpected',
    });
    expect(toFailure('text')).toMatchObject({ kind: 'unexpected', message: 'text' });
  });

  it('that are bugs keep their stack', () => {
    const error = toStorageError(toFailure(new TypeError('a fault of ours')));
    expect(error.message).toContain('a fault of ours');
    expect((error.cause as Error).stack).toContain('parts.test');
  });
});

describe('durability', () => {
  const files = (folder: string, count: number): readonly Dirty[] =>
    Array.from({ length: count }, (_, i) => {
      const path = join(folder, `file ${i}`);
      writeFileSync(path, 'x');
      return { path, volume: folder };
    });

  it('of few files and of many, and of what is gone meanwhile, is made without a failure', async () => {
    const folder = temporaryFolder();
    const makeDurable = createMakeDurable();
    for (const count of [0, 1, 5, 300])
      expect((await makeDurable(files(folder, count))).size).toBe(0);
    expect((await makeDurable([{ path: join(folder, 'gone'), volume: folder }])).size).toBe(0);
  });

  it('of many files takes one sync of the file system, or, where there is no such program, an fsync each', async () => {
    const folder = temporaryFolder();
    const [tools, log, path] = [join(folder, 'tools'), join(folder, 'log'), process.env['PATH']];
    afterwards(() => {
      process.env['PATH'] = path;
    });
    mkdirSync(tools);
    const dirty = files(folder, 100);
    const use = (script: string): void => {
      writeFileSync(join(tools, 'sync'), `#!/bin/sh\necho "$@" >> '${log}'\n${script}\n`);
      chmodSync(join(tools, 'sync'), 0o755);
    };
    use('exit 0');
    process.env['PATH'] = `${tools}${delimiter}${path}`;
    expect((await createMakeDurable()(dirty)).size).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe(`-f ${folder}\n`);
    use('exit 1');
    expect(
      (await createMakeDurable()(dirty)).size,
      'a sync that fails is followed by an fsync each',
    ).toBe(0);
    process.env['PATH'] = join(folder, 'nothing here');
    expect((await createMakeDurable()(dirty)).size).toBe(0);
  });
});

describe('a file system that takes two names for one', () => {
  const stored = ['Photos', 'Photos/Summer.jpg', 'notes'];
  const names: Names = {
    exists: (path) => stored.some((name) => `/box/${name}`.toLowerCase() === path.toLowerCase()),
    entries: (folder) =>
      stored
        .map((name) => `/box/${name}`)
        .flatMap((path) =>
          path.toLowerCase().startsWith(`${folder.toLowerCase()}/`)
            ? (path.slice(folder.length + 1).split('/')[0] ?? [])
            : [],
        ),
  };

  it('P1: gets no object that would take the place of another', () => {
    for (const key of ['Notes', 'photos/new.jpg', 'Photos/summer.jpg', 'NOTES']) {
      expect(() => refuseCaseCollision('/box', key, names), key).toThrow(Refusal);
    }
    for (const key of ['notes', 'Photos/Summer.jpg', 'Photos/new.jpg', 'new/Photos'])
      refuseCaseCollision('/box', key, names);
  });
});
