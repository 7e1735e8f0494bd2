import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { PutOutcome } from '../../../src/drivers/capabilities.js';
import {
  ContainerDoesNotExistError,
  ObjectInTheWayError,
  TargetFullError,
} from '../../../src/drivers/errors.js';
import { temporaryFolder } from '../../world/folder.js';
import { batchOf } from '../conformance/batch-of.js';
import { call, contentOf, listAll, listKeys, put, randomContent } from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';
import { canMount, mount, mountNew } from './mounting.js';

type Given = Parameters<typeof batchOf>[0];

function putAll(backend: Backend, given: Given): Promise<readonly PutOutcome[]> {
  return backend.capabilities.batchPut!.putObjects(CONTAINER, ...batchOf(given), call);
}

const texts = (...keys: string[]): Given =>
  keys.map((key) => ({ key, content: Buffer.from(`content of ${key}`) }));

const isStored = (outcome: PutOutcome): boolean => 'stored' in outcome;

function errorAt(outcomes: readonly PutOutcome[], at: number): Error | undefined {
  const outcome = outcomes[at];
  return outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
}

it('batch put: gives each file its own mode, whatever the umask takes, and its time', async () => {
  const { backend, box } = await openBox();
  const modes = [0o600, 0o644, 0o666, 0o777, 0o444, 0o400];
  const given = modes.map((mode, at) => ({
    key: `f/${mode.toString(8)}`,
    content: randomContent(10),
    options: {
      contentType: 'text/plain',
      metaData: { mode: `100${mode.toString(8)}`, mtime: `170000000${at}` },
      headers: {},
    },
  }));
  expect((await putAll(backend, given)).every(isStored)).toBe(true);
  for (const [at, mode] of modes.entries()) {
    const stat = statSync(join(box, `f/${mode.toString(8)}`));
    expect((stat.mode & 0o7777).toString(8)).toBe(mode.toString(8));
    expect(stat.mtimeMs).toBe(1_700_000_000_000 + 1000 * at);
  }
});

it('batch put: moves its content, with no copy of it left to the caller', async () => {
  const { backend } = await openBox();
  const [objects, content] = batchOf(texts('a', 'b'));
  await backend.capabilities.batchPut?.putObjects(CONTAINER, objects, content, call);
  expect(content.byteLength).toBe(0);
});

it('batch put: writes nothing through a symbolic link, and the other objects are stored', async () => {
  const { backend, root, box } = await openBox();
  const elsewhere = temporaryFolder();
  symlinkSync(elsewhere, join(box, 'link'));
  const outcomes = await putAll(backend, texts('link/x', 'plain/x'));
  expect(errorAt(outcomes, 0)).toBeInstanceOf(ObjectInTheWayError);
  expect(outcomes.map(isStored)).toEqual([false, true]);
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(unfinished(root)).toEqual([]);
});

it('batch put: leaves no folder of an object that was refused', async () => {
  const { backend, box } = await openBox();
  await put(backend, ref('file'), 'x');
  const outcomes = await putAll(backend, texts('new/deep/a', 'file/b/c'));
  expect(outcomes.map(isStored)).toEqual([true, false]);
  expect(readdirSync(box).sort()).toEqual(['file', 'new']);
});

it('batch put: rejects as a whole when its container is gone, and makes no new one', async () => {
  const { backend, root, box } = await openBox();
  await putAll(backend, texts('a'));
  rmSync(box, { recursive: true });
  await expect(putAll(backend, texts('b', 'c'))).rejects.toThrow(ContainerDoesNotExistError);
  expect(existsSync(box)).toBe(false);
  expect(unfinished(root)).toEqual([]);
});

it('batch put: makes folders again that another program removes between batches', async () => {
  const { backend, box } = await openBox();
  await putAll(backend, texts('f/a', 'f/b'));
  rmSync(join(box, 'f'), { recursive: true });
  rmSync(join(box, '../.longshore/incoming'), { recursive: true });
  expect((await putAll(backend, texts('f/a', 'f/g/b'))).every(isStored)).toBe(true);
  expect(await listKeys(backend, CONTAINER)).toEqual(['f/a', 'f/g/b']);
});

/** Puts batches without end, over each other, and prints the names of each batch when it has resolved. */
const WRITER = (root: string, fsync: boolean): string => `
  import { hash } from 'node:crypto';
  import { localBackend } from ${JSON.stringify(new URL('../../../src/drivers/local/backend.js', import.meta.url).href)};
  const backend = localBackend({ root: ${JSON.stringify(root)}, fsync: ${fsync} });
  const call = { signal: new AbortController().signal };
  const options = { contentType: 'text/plain', metaData: { mtime: '1700000000' }, headers: {} };
  for (let round = 0; ; round += 1) {
    const size = [1, 4096, 30_000][round % 3];
    const content = new Uint8Array(40 * size).fill(97 + (round % 26));
    const md5 = hash('md5', content.subarray(0, size));
    const objects = Array.from({ length: 40 }, (_, at) => ({ key: 'folder ' + (round % 5) + '/' + at % 7 + '/object ' + at, begin: at * size, size, md5, options }));
    const outcomes = await backend.capabilities.batchPut.putObjects('${CONTAINER}', objects, content.buffer, call);
    console.log(JSON.stringify(objects.filter((_, at) => 'stored' in outcomes[at]).map(({ key }) => key)));
  }
`;

function startWriter(root: string, fsync: boolean): ChildProcess {
  const file = join(temporaryFolder(), 'writer.mjs');
  writeFileSync(file, WRITER(root, fsync));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  afterwards(() => void child.kill('SIGKILL'));
  return child;
}

it.each([true, false])(
  'P5: kill -9 in the middle of batches leaves whole objects only, all that were confirmed, and no rubbish (fsync: %s)',
  async (fsync) => {
    const { backend, root, box } = await openBox({ fsync });
    await backend.close();
    for (let round = 0; round < 4; round += 1) {
      const child = startWriter(root, fsync);
      const confirmed = new Set<string>();
      let batches = 0;
      for await (const line of createInterface({ input: child.stdout! })) {
        for (const key of JSON.parse(line) as string[]) confirmed.add(key);
        batches += 1;
        if (batches === 2 + 3 * round) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      expect(confirmed.size).toBeGreaterThanOrEqual(40);

      const next = openLocal({ root, fsync });
      const listed = new Set((await listAll(next, CONTAINER)).map(({ key }) => key));
      for (const key of confirmed) expect(listed.has(key), key).toBe(true);
      for (const key of listed) {
        const content = readFileSync(join(box, key));
        expect([1, 4096, 30_000]).toContain(content.length);
        expect(content.equals(Buffer.alloc(content.length, content[0])), key).toBe(true);
      }
      await put(next, ref('after'), 'x');
      expect(unfinished(root)).toEqual([]);
      await next.deleteObject(ref('after'), call);
      await next.close();
      expect(readdirSync(join(root, '.longshore/incoming'))).toEqual([]);
    }
  },
);

describe.skipIf(!canMount)('batch put on file systems of their own', () => {
  it('G2: a disk that becomes full fails the rest of the batch, keeps what was there, and takes batches again', async () => {
    const root = temporaryFolder();
    mount(root, ['-t', 'tmpfs', '-o', 'size=4m', 'none']);
    const backend = openLocal({ root });
    await backend.createContainer(CONTAINER, call);
    await put(backend, ref('ballast'), randomContent(1_000_000));
    const given = Array.from({ length: 100 }, (_, at) => ({
      key: `f${at % 3}/${at}`,
      content: randomContent(64 * 1024),
    }));
    await putAll(backend, texts('f0/99', 'f1/1'));
    const outcomes = await putAll(backend, given);
    const failed = outcomes.findIndex((outcome) => !isStored(outcome));
    expect(failed).toBeGreaterThan(0);
    expect(outcomes.slice(failed).some(isStored), 'all behind the first that failed').toBe(false);
    expect(errorAt(outcomes, 99)).toBeInstanceOf(TargetFullError);
    expect(errorAt(outcomes, 99)?.message).toMatch(/no space is left on the file system.*ENOSPC/);
    expect(unfinished(root)).toEqual([]);
    for (const { key, content } of given.slice(0, failed))
      expect(readFileSync(join(root, CONTAINER, key)).equals(content as Buffer), key).toBe(true);
    expect(await contentOf(backend, ref('f0/99'))).toBe('content of f0/99');
    await backend.deleteObject(ref('ballast'), call);
    expect((await putAll(backend, given.slice(failed, failed + 5))).every(isStored)).toBe(true);
  });

  it('an object that the system does not let us replace fails alone', async () => {
    const root = temporaryFolder();
    mountNew('ext4', root, 32);
    const backend = openLocal({ root });
    await backend.createContainer(CONTAINER, call);
    await putAll(backend, texts('a', 'b', 'f/c'));
    const immutable = [join(root, CONTAINER, 'b'), join(root, CONTAINER, 'f')];
    execFileSync('chattr', ['+i', ...immutable]);
    const given = ['a', 'b', 'f/c', 'd'].map((key) => ({ key, content: Buffer.from('second') }));
    const outcomes = await putAll(backend, given);
    execFileSync('chattr', ['-i', ...immutable]);
    expect(outcomes.map(isStored)).toEqual([true, false, false, true]);
    expect(errorAt(outcomes, 1)?.message).toContain('the system forbids it');
    expect(await contentOf(backend, ref('b'))).toBe('content of b');
    expect(await contentOf(backend, ref('a'))).toBe('second');
    expect(unfinished(root)).toEqual([]);
  });

  it('a container that is a mount of the same device is found out by the first batch, which can be tried again', async () => {
    const { backend, root, box } = await openBox();
    const elsewhere = temporaryFolder();
    mount(box, ['--bind', elsewhere]);
    const first = await putAll(backend, texts('a', 'b'));
    for (const at of [0, 1]) expect(errorAt(first, at)).toMatchObject({ retry: 'backoff' });
    expect(unfinished(root)).toEqual([]);
    expect((await putAll(backend, texts('a', 'f/b'))).every(isStored)).toBe(true);
    expect(readdirSync(elsewhere).sort()).toEqual(['.longshore-incoming', 'a', 'f']);
    mkdirSync(join(elsewhere, 'kept'));
  });
});
