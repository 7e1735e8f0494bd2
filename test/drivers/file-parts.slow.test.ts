import { appendFile, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import type { BodyPart } from '../../src/drivers/call.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { ObjectHashMismatchError, SourceChangedError } from '../../src/drivers/errors.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { hashParts } from '../../src/drivers/hash-parts.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createPartMemory, WORKSPACE_BEGIN } from '../../src/drivers/part-memory.js';
import { createPartsThreads } from '../../src/drivers/parts-threads.js';
import { openPartReader, type PartsOrder } from '../../src/drivers/read-parts.js';
import { sendObject } from '../../src/drivers/send.js';
import { statPath, versionOf } from '../../src/file-stat.js';
import { openMd5Lanes } from '../../src/md5-lanes.js';
import { digestOfParts } from '../../src/parts-digest.js';
import { programFile } from '../../src/program-files.js';
import { temporaryFolder } from '../world/folder.js';
import { call, plain, randomContent, readAll, rejection } from './conformance/fixture.js';
import { digestIn } from './multipart-fixture.js';

const MIB = 2 ** 20;
const threads = createPartsThreads();
afterAll(() => threads.close());
const options = { ref: { container: 'c', key: 'k' }, driver: 'test', threads };
const memory = createPartMemory(MIB);
const lanes = openMd5Lanes(memory.memory, WORKSPACE_BEGIN);
let path: string;
let folder: string;

beforeEach(() => {
  folder = temporaryFolder('parts');
  path = join(folder, 'file');
});

async function partsOf(partSize: number, signal = call.signal, wholeMd5 = true) {
  return (await fileBody(path, options)).parts!({ partSize, wholeMd5 }, signal);
}

/** Bytes and digests of all parts, each released once it was read. */
async function drain(
  parts: AsyncIterable<BodyPart>,
  before = 0,
): Promise<{ content: Buffer; sizes: number[] }> {
  const read: Buffer[] = [];
  for await (const { number, size, md5, body, release } of parts) {
    expect(number).toBe(before + read.length + 1);
    const bytes = await readAll(body.open());
    expect(bytes.byteLength).toBe(size);
    expect(body.size).toBe(size);
    expect(checksumOf('md5', bytes).hex).toBe(md5);
    expect(body.checksums).toEqual([{ algorithm: 'md5', hex: md5 }]);
    read.push(Buffer.from(bytes));
    release();
  }
  return { content: Buffer.concat(read), sizes: read.map(({ byteLength }) => byteLength) };
}

test.each([
  ['parts that are handed over', 3 * MIB + 5, MIB],
  ['a last part of full size', 4 * MIB, MIB],
  ['one part that is larger than the file', 2 * MIB, 3 * MIB],
  ['more parts than there are buffers, of odd sizes', 5 * MIB + 3, 300_001],
  ['a file of two parts, both in memory', 20 * MIB + 7, 11 * MIB],
])('file parts: have the bytes of the file, and their digests: %s', async (_, size, partSize) => {
  const content = randomContent(size);
  await writeFile(path, content);
  const source = await partsOf(partSize);
  const read = await drain(source.parts);
  expect(read.content.equals(content)).toBe(true);
  expect(read.sizes.slice(0, -1).every((each) => each === partSize)).toBe(true);
  expect(source.md5()).toBe(checksumOf('md5', content).hex);
});

test('file parts: read holes as zeroes', async () => {
  const file = await open(path, 'w');
  await file.write(Buffer.from('end'), 0, 3, 12 * MIB);
  await file.close();
  const source = await partsOf(5 * MIB);
  const { content } = await drain(source.parts);
  expect(content.byteLength).toBe(12 * MIB + 3);
  expect(content.subarray(12 * MIB).toString()).toBe('end');
  expect(source.md5()).toBe(checksumOf('md5', content).hex);
});

test('P7: file parts: reading waits while parts are not released', async () => {
  await writeFile(path, randomContent(12 * MIB));
  const { parts } = await partsOf(MIB);
  const held: BodyPart[] = [];
  for (let i = 0; i < 8; i += 1) held.push((await parts.next()).value as BodyPart);
  const next = parts.next();
  // Only another request shows that a thread waits: a second reading of the same file ends meanwhile.
  await drain((await partsOf(MIB)).parts);
  expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits');
  for (const { release } of held) release();
  expect(((await next).value as BodyPart).number).toBe(9);
  await parts.return();
});

const changes: Readonly<Record<string, () => Promise<void>>> = {
  grows: () => appendFile(path, 'x'),
  'is replaced': async () => {
    await writeFile(`${path}.new`, randomContent(12 * MIB));
    await rename(`${path}.new`, path);
  },
  'is deleted': () => rm(path),
};
for (const [what, change] of Object.entries(changes)) {
  test(`P3: file parts: a file that ${what} between two parts never ends`, async () => {
    await writeFile(path, randomContent(12 * MIB));
    const { parts } = await partsOf(MIB);
    const first = (await parts.next()).value as BodyPart;
    await change();
    first.release();
    expect(await rejection(drain(parts, 1))).toBeInstanceOf(SourceChangedError);
  });

  test(`P3: file parts: a file that ${what} before it is read gives no part`, async () => {
    await writeFile(path, randomContent(2 * MIB));
    const { parts } = await partsOf(MIB);
    await change();
    expect(await rejection(drain(parts))).toBeInstanceOf(SourceChangedError);
  });
}

test('G6: file parts: reading rejects with the reason of the signal', async () => {
  await writeFile(path, randomContent(12 * MIB));
  const stop = new AbortController();
  const { parts } = await partsOf(MIB, stop.signal);
  await parts.next();
  stop.abort(new Error('enough'));
  expect((await rejection(drain(parts))).message).toBe('enough');
});

test.each([
  ['in memory', MIB],
  ['read again when they are sent', 30 * MIB],
])('file parts: the SHA-1 of each is known where it is wanted: %s', async (_, partSize) => {
  await writeFile(path, randomContent(3 * MIB + 7));
  if (partSize > MIB) await truncate(path, 4 * partSize);
  const cut = { partSize, wholeMd5: false, partSha1: true };
  const { parts } = (await fileBody(path, options)).parts!(cut, call.signal);
  for await (const { body, md5, release } of parts) {
    const sha1 = checksumOf('sha1', await readAll(body.open()));
    expect(body.checksums).toEqual([{ algorithm: 'md5', hex: md5 }, sha1]);
    release();
  }
});

test('file parts: the whole is hashed only where it is wanted', async () => {
  await writeFile(path, randomContent(3 * MIB));
  const source = await partsOf(MIB, call.signal, false);
  await drain(source.parts);
  expect(() => source.md5()).toThrow('was not hashed');
});

/** All parts of a file, hashed as many at once as `together` says, and the answer after them. */
function readAllParts(order: PartsOrder, together: number) {
  const reader = openPartReader(order, memory.memory);
  const { slots } = order;
  const md5s: string[] = [];
  try {
    for (;;) {
      const count = slots === undefined ? 1 : Math.min(together, slots.count);
      const read = Array.from({ length: count }, (_, slot) => reader.read(slots ? slot : null));
      hashParts(
        read.flatMap(({ hashable }) => hashable ?? []),
        lanes,
      );
      for (const { answer } of read) {
        const found = answer();
        if (found.kind !== 'part') return { md5s, end: found };
        expect(found.number).toBe(md5s.length + 1);
        md5s.push(found.md5);
      }
    }
  } finally {
    reader.close();
  }
}

test('file parts: the digest of part digests is that of the file, for any size of file and parts', async () => {
  const sizes = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.nat(7_000)),
    fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(12)).map(([of64, n]) => [of64 * 64, n * 700]),
    fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.nat(5)).map(([part, n]) => [part, part * n]),
  );
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      async ([partSize = 1, size = 0], inMemory, together) => {
        const content = randomContent(size);
        await writeFile(path, content);
        const version = versionOf(statPath(path));
        const slots = inMemory ? memory.reserve(partSize, size) : undefined;
        const order = {
          path,
          follow: true,
          version,
          partSize,
          ...{ first: 1, last: Number.POSITIVE_INFINITY },
          wholeMd5: true,
          partSha1: false,
          slots,
        };
        const { md5s, end } = readAllParts(order, together);
        if (slots !== undefined) memory.free(slots);
        expect(end).toEqual({ kind: 'end', md5: checksumOf('md5', content).hex });
        expect(digestOfParts(md5s)).toBe(digestIn(partSize, content));
        expect(md5s.length).toBe(Math.ceil(size / partSize));
      },
    ),
    { numRuns: 100 },
  );
});

test('threads for parts: two read all files, and stay', async () => {
  await writeFile(path, randomContent(2 * MIB));
  const real = programFile(new URL('../../src/drivers/parts-worker.js', import.meta.url));
  let started = 0;
  const counted = {
    load() {
      started += 1;
      return real.load();
    },
  };
  const own = createPartsThreads({ program: counted });
  onTestFinished(() => own.close());
  const read = async () => {
    const body = await fileBody(path, { ...options, threads: own });
    await drain(body.parts!({ partSize: MIB, wholeMd5: false }, call.signal).parts);
  };
  await read();
  await read();
  expect(started).toBe(1);
  await Promise.all([read(), read(), read(), read(), read()]);
  expect(started).toBe(2);
});

test('threads for parts: a file without memory for its parts is read again when it is sent', async () => {
  const content = randomContent(5 * MIB + 1);
  await writeFile(path, content);
  const own = createPartsThreads({ mostBytes: 4 * MIB });
  onTestFinished(() => own.close());
  const open = async () =>
    (await fileBody(path, { ...options, threads: own })).parts!(
      { partSize: MIB, wholeMd5: true },
      call.signal,
    );
  const [first, second] = [await open(), await open()];
  const inMemory = (await first.parts.next()).value as BodyPart;
  expect(inMemory.body.bytes?.byteLength).toBe(MIB);
  const read = await drain(second.parts);
  expect(read.content.equals(content)).toBe(true);
  expect(second.md5()).toBe(checksumOf('md5', content).hex);
  // What was read before is what is sent, whatever became of the memory beside it.
  expect(Buffer.from(inMemory.body.bytes!).equals(content.subarray(0, MIB))).toBe(true);
  inMemory.release();
  await drain(first.parts, 1);
  const third = await open();
  const again = (await third.parts.next()).value as BodyPart;
  expect(again.body.bytes?.byteLength).toBe(MIB);
  await third.parts.return();
});

test('threads for parts: many files at once have the bytes of each', async () => {
  const contents = [1, 3 * MIB + 11, 2 * MIB, 640_000, 4 * MIB - 1].map(randomContent);
  await Promise.all(
    contents.map(async (content, at) => {
      const own = join(folder, `file-${at}`);
      await writeFile(own, content);
      const body = await fileBody(own, { ...options, threads });
      const source = body.parts?.({ partSize: 64 * 1024 + 64 * at, wholeMd5: true }, call.signal);
      if (source === undefined) return;
      expect((await drain(source.parts)).content.equals(content)).toBe(true);
      expect(source.md5()).toBe(checksumOf('md5', content).hex);
    }),
  );
});

test('threads for parts: reading rejects when its thread has ended, and the next file has another thread', async () => {
  await writeFile(path, randomContent(2 * MIB));
  const ends = new URL('data:text/javascript,process.exit()');
  const real = programFile(new URL('../../src/drivers/parts-worker.js', import.meta.url));
  const programs = [ends];
  const own = createPartsThreads({
    program: { load: () => programs.pop() ?? real.load() },
  });
  onTestFinished(() => own.close());
  const read = async () => {
    const body = await fileBody(path, { ...options, threads: own });
    return drain(body.parts!({ partSize: MIB, wholeMd5: false }, call.signal).parts);
  };
  expect((await rejection(read())).message).toBe('the thread that read it has ended');
  expect((await read()).sizes).toEqual([MIB, MIB]);
});

test('P2: file in parts: it is read back and compared by its parts when the provider does not confirm each of them', async () => {
  const content = randomContent(3 * MIB + 1);
  await writeFile(path, content);
  const memory = memoryBackend({ partSize: { min: MIB, max: 8 * MIB, maxParts: 100 } });
  await memory.createContainer('c', call);
  const multipart = memory.capabilities.multipart!;
  let stored = content;
  const silent: Backend = {
    ...memory,
    readObject: async () => bytesBody(stored).open(),
    capabilities: {
      ...memory.capabilities,
      multipart: {
        ...multipart,
        etagOfParts: () => 'of the parts',
        async uploadPart(...args) {
          const { md5: _, ...part } = await multipart.uploadPart(...args);
          return part;
        },
      },
    },
  };
  const send = async () =>
    sendObject(silent, options.ref, await fileBody(path, options), plain, {
      signal: call.signal,
      verifyHash: true,
      partsAbove: MIB,
    });
  expect(await send()).toMatchObject({
    checksum: undefined,
    md5Parts: { partSize: MIB, hex: digestIn(MIB, content) },
  });
  stored = randomContent(3 * MIB + 1);
  expect(await rejection(send())).toBeInstanceOf(ObjectHashMismatchError);
});
