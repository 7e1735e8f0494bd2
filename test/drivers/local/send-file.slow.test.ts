import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Body } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ObjectHashMismatchError,
  SourceChangedError,
  TargetFullError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { fileBody } from '../../../src/drivers/file-body.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { throttle } from '../../../src/drivers/layers/throttle.js';
import { transferFile } from '../../../src/drivers/local/transfer-file.js';
import { createTransferThreads } from '../../../src/drivers/local/transfer-threads.js';
import { sendObject } from '../../../src/drivers/send.js';
import { statPath, versionOf } from '../../../src/file-stat.js';
import { ProgramReplacedError } from '../../../src/program-files.js';
import { temporaryFolder } from '../../world/folder.js';
import { call, contentOf, listKeys, plain, put, randomContent } from '../conformance/fixture.js';
import { CONTAINER, openBox, openLocal, ref, unfinished } from './fixture.js';
import { canMount, mount, mountNew, sharing } from './mounting.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const settings = { signal: call.signal, verifyHash: true };
const noAttributes = { mtime: undefined, permissions: undefined };

/** A large file in a folder, and a body that can be read in no other way than by its path. */
async function fileIn(folder: string, size = 3 * MIB + 17) {
  const path = join(folder, 'source');
  const content = randomContent(size);
  writeFileSync(path, content);
  const body = await fileBody(path, { ref: ref('large'), driver: 'local', follow: false });
  const unreadable: Body = {
    ...body,
    open() {
      throw new Error('read as a stream');
    },
  };
  return { path, content, body: unreadable, stream: body };
}

it('local: reads a large file itself, once, and stores it with its digest, time and mode', async () => {
  const { backend, root, box } = await openBox();
  const { content, body } = await fileIn(temporaryFolder());
  const options = { ...plain, metaData: { mtime: '1700000000.5', mode: '100640' } };
  const { info, checksum } = await sendObject(backend, ref('a/large'), body, options, settings);
  const md5 = checksumOf('md5', content);
  expect(checksum).toEqual(md5);
  expect(info).toMatchObject({ size: content.length, checksums: [md5], extra: { etag: md5.hex } });
  expect(readFileSync(join(box, 'a/large')).equals(content)).toBe(true);
  const { mode, mtimeMs } = statSync(join(box, 'a/large'));
  expect([mode & 0o7777, mtimeMs]).toEqual([0o640, 1_700_000_000_500]);
  expect(unfinished(root)).toEqual([]);
});

it('local: stores many large files at once, each with its own content', async () => {
  const { backend, box } = await openBox();
  const files = await Promise.all(
    Array.from({ length: 7 }, (_, at) => fileIn(temporaryFolder(), 2 * MIB + at)),
  );
  await Promise.all(
    files.map(({ body }, at) => sendObject(backend, ref(`${at}`), body, plain, settings)),
  );
  for (const [at, { content }] of files.entries())
    expect(readFileSync(join(box, `${at}`)).equals(content)).toBe(true);
});

it('a file whose content is not the announced one is refused, and leaves what was there', async () => {
  const { backend, root } = await openBox();
  await put(backend, ref('large'), 'as before');
  const { body } = await fileIn(temporaryFolder());
  const checksums = [checksumOf('sha256', Buffer.from('other'))];
  await expect(
    backend.putObject(ref('large'), body, { ...plain, checksums }, call),
  ).rejects.toThrow(ObjectHashMismatchError);
  expect(await contentOf(backend, ref('large'))).toBe('as before');
  expect(unfinished(root)).toEqual([]);
});

it('P3: a file that is another version than the one that is meant is not stored', async () => {
  const { backend, root } = await openBox();
  const changes: Readonly<Record<string, (path: string) => void>> = {
    grows: (path) => appendFileSync(path, 'x'),
    'has its times set': (path) => utimesSync(path, 1, 1),
    'is replaced': (path) => {
      writeFileSync(`${path}.new`, randomContent(2 * MIB));
      renameSync(`${path}.new`, path);
    },
    'is a link now': (path) => {
      renameSync(path, `${path}.moved`);
      symlinkSync(`${path}.moved`, path);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const { path, body } = await fileIn(temporaryFolder());
    change(path);
    const sending = sendObject(backend, ref('large'), body, plain, settings);
    await expect(sending, what).rejects.toThrow(SourceChangedError);
  }
  expect(await listKeys(backend, CONTAINER)).toEqual([]);
  expect(unfinished(root)).toEqual([]);
});

it('a file that cannot be read any more rejects with the error of its own file system', async () => {
  const { backend, root } = await openBox();
  const { path, body } = await fileIn(temporaryFolder());
  renameSync(path, `${path}.moved`);
  await expect(sendObject(backend, ref('large'), body, plain, settings)).rejects.toMatchObject({
    name: 'Error',
    code: 'ENOENT',
    path,
  });
  expect(unfinished(root)).toEqual([]);
});

it('a file is not stored when its sender withdraws its consent after it was read', async () => {
  const { backend, root } = await openBox();
  const { body } = await fileIn(temporaryFolder());
  const withdrawn: Body = {
    ...body,
    file: { ...body.file!, beforeStored: () => Promise.reject(new Error('the lease is lost')) },
  };
  await expect(sendObject(backend, ref('large'), withdrawn, plain, settings)).rejects.toThrow(
    'the lease is lost',
  );
  expect(await listKeys(backend, CONTAINER)).toEqual([]);
  expect(unfinished(root)).toEqual([]);
});

it('G6: a put of a file that is aborted stores nothing, and the next one is stored', async () => {
  const { backend, root, box } = await openBox();
  const { body, content } = await fileIn(temporaryFolder(), 40 * MIB);
  for (let turns = 0; turns < 6; turns += 1) {
    const stop = new AbortController();
    const { signal } = stop;
    const putting = backend.putObject(ref('large'), body, plain, { signal });
    const settled = putting.then(
      () => 'stored',
      (error: unknown) => error,
    );
    for (let turn = 0; turn < turns ** 3; turn += 1) await new Promise(setImmediate);
    const reason = new Error('enough');
    stop.abort(reason);
    const outcome = await settled;
    if (outcome !== 'stored') expect(outcome).toBe(reason);
    expect(existsSync(join(box, 'large'))).toBe(outcome === 'stored');
    await backend.deleteObject(ref('large'), call);
  }
  await sendObject(backend, ref('large'), body, plain, settings);
  expect(readFileSync(join(box, 'large')).equals(content)).toBe(true);
  expect(unfinished(root)).toEqual([]);
});

it('a bandwidth limit is kept: the file is then read as a stream', async () => {
  const { backend } = await openBox();
  const { content, stream } = await fileIn(temporaryFolder(), 2 * MIB);
  let opened = 0;
  const counted: Body = {
    ...stream,
    open() {
      opened += 1;
      return stream.open();
    },
  };
  const limited = layered(backend, [
    throttle({ clock: systemClock, bytesPerSecond: () => 2 ** 30 }),
  ]);
  await sendObject(limited, ref('large'), counted, plain, settings);
  expect(opened).toBe(1);
  expect(await contentOf(backend, ref('large'))).toBe(content.toString());
});

it('a driver that has copied files and is idle does not keep its process alive', async () => {
  const root = temporaryFolder();
  const { path } = await fileIn(temporaryFolder());
  const module = (name: string) =>
    JSON.stringify(new URL(`../../../src/drivers/${name}.js`, import.meta.url).href);
  const script = `
    import { localBackend } from ${module('local/backend')};
    import { fileBody } from ${module('file-body')};
    const backend = localBackend({ root: ${JSON.stringify(root)} });
    const call = { signal: new AbortController().signal };
    await backend.createContainer('c', call);
    const ref = { container: 'c', key: 'k' };
    const body = await fileBody(${JSON.stringify(path)}, { ref, driver: 'local' });
    const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
    await backend.putObject(ref, body, options, call);
    console.log('stored');`;
  const run = [process.execPath, ['--input-type=module', '--eval', script]] as const;
  expect(execFileSync(...run, { encoding: 'utf8', timeout: 30_000 })).toBe('stored\n');
});

it('a transfer that gets no thread fails, and takes no place of those after it', async () => {
  const replaced = new ProgramReplacedError('transfer-worker.js');
  const noThread = new Error('EAGAIN');
  let trouble: Error = replaced;
  const threads = createTransferThreads({
    load: () => {
      throw trouble;
    },
  });
  const { order } = await orderIn(temporaryFolder());
  for (let nth = 0; nth < 4; nth += 1)
    await expect(threads.transfer(order, call.signal)).rejects.toBe(replaced);
  trouble = noThread;
  const refused = threads.transfer(order, call.signal);
  await expect(refused).rejects.toBeInstanceOf(TargetUnavailableError); // no file's fault
  await expect(refused).rejects.toMatchObject({ cause: noThread });
});

/** An order for a file, whose `isStopped` counts the chunks. */
async function orderIn(folder: string, size = MIB) {
  const { path, content } = await fileIn(folder, size);
  const source = { path, version: versionOf(statPath(path)), follow: false };
  const target = join(folder, 'target');
  const order = { key: 'k', source, target, attributes: noAttributes, checksums: [] };
  const at = (chunk: number, act: () => void) => {
    let asked = 0;
    return () => {
      asked += 1;
      if (asked === chunk) act();
      return false;
    };
  };
  return { path, content, target, order, at };
}

it('P3: a file that changes while it is copied leaves no copy', async () => {
  const { path, target, order, at } = await orderIn(temporaryFolder());
  const answer = transferFile(
    order,
    at(3, () => appendFileSync(path, 'x')),
  );
  expect(answer).toEqual({ outcome: 'changed' });
  expect(existsSync(target)).toBe(false);
});

it('a copy that is stopped leaves none behind', async () => {
  const { target, order } = await orderIn(temporaryFolder());
  let asked = 0;
  const answer = transferFile(order, () => {
    asked += 1;
    return asked === 3;
  });
  expect(answer).toEqual({ outcome: 'stopped' });
  expect(existsSync(target)).toBe(false);
});

describe.skipIf(!canMount)('files on file systems of their own', () => {
  it('G2: a disk that becomes full refuses the file, and keeps what was there', async () => {
    const root = temporaryFolder();
    mount(root, ['-t', 'tmpfs', '-o', 'size=4m', 'none']);
    const backend = openLocal({ root });
    await backend.createContainer(CONTAINER, call);
    await put(backend, ref('large'), 'as before');
    const { body } = await fileIn(temporaryFolder(), 9 * MIB);
    await expect(sendObject(backend, ref('large'), body, plain, settings)).rejects.toThrow(
      TargetFullError,
    );
    expect(await contentOf(backend, ref('large'))).toBe('as before');
    expect(unfinished(root)).toEqual([]);
  });

  for (const type of sharing) {
    it(`a file beside its target takes no space where blocks can be shared (${type})`, async () => {
      const place = temporaryFolder();
      mountNew(type, place);
      mkdirSync(join(place, 'root'));
      const { path, content, body } = await fileIn(place, 40 * MIB);
      execFileSync('chmod', ['4711', path]);
      const fresh = await fileBody(path, { ref: ref('large'), driver: 'local' });
      const backend = openLocal({ root: join(place, 'root') });
      await backend.createContainer(CONTAINER, call);
      const before = freeBytes(place);
      const sent = await sendObject(
        backend,
        ref('large'),
        { ...body, file: fresh.file! },
        plain,
        settings,
      );
      expect(before - freeBytes(place)).toBeLessThan(content.length / 2);
      expect(sent.checksum).toEqual(checksumOf('md5', content));
      const stored = join(place, 'root', CONTAINER, 'large');
      expect(readFileSync(stored).equals(content)).toBe(true);
      expect(statSync(stored).mode & 0o7777, 'that of a new file').toBe(0o666 & ~process.umask());
    });

    it(`P2: a clone that is not what its source is becomes a copy (${type})`, async () => {
      const place = temporaryFolder();
      mountNew(type, place);
      const { content, target, order, at } = await orderIn(place);
      // After the four chunks of the source, before the clone is read back.
      const damaged = at(5, () => writeFileSync(target, Buffer.alloc(MIB)));
      const answer = transferFile(order, damaged);
      expect(answer).toMatchObject({ outcome: 'written', md5: checksumOf('md5', content).hex });
      expect(readFileSync(target).equals(content)).toBe(true);
    });

    it(`P3: a file that changes while its clone is checked leaves no clone (${type})`, async () => {
      const place = temporaryFolder();
      mountNew(type, place);
      const { path, target, order, at } = await orderIn(place);
      const answer = transferFile(
        order,
        at(2, () => appendFileSync(path, 'x')),
      );
      expect(answer).toEqual({ outcome: 'changed' });
      expect(existsSync(target)).toBe(false);
    });
  }
});

function freeBytes(folder: string): number {
  execFileSync('sync', ['--file-system', folder]);
  const { bfree, bsize } = statfsSync(folder);
  return bfree * bsize;
}
