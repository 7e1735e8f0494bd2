import { type FileHandle, lstat, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import type { ObjectInfo } from '../../src/drivers/call.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { ObjectChangedError, StorageError } from '../../src/drivers/errors.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { hashInParts } from '../../src/parts-digest.js';
import { programFile } from '../../src/program-files.js';
import { provenContent } from '../../src/restore/proven-content.js';
import { writeSparsely } from '../../src/restore/sparse-writer.js';
import { loadRanges, md5Contents } from '../../src/sync/ranges/load-ranges.js';
import {
  createRangeThreads,
  type RangeThreads,
  ThreadError,
} from '../../src/sync/ranges/range-threads.js';
import { type ContentProof, digestProblem } from '../../src/sync/store/content-proof.js';
import type { Read } from '../../src/sync/store/steady-read.js';
import { call, put, randomContent, rejection } from '../drivers/conformance/fixture.js';
import { temporaryFolder } from '../world/folder.js';

const RANGE = 16_384;
const ref = { container: 'c', key: 'large' };
const threads = createRangeThreads(systemClock, undefined, RANGE);
let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = memoryBackend();
  await backend.createContainer('c', call);
});
beforeEach(() => {
  folder = temporaryFolder('ranged');
});
afterAll(() => threads.close());

/** A clock on which waits are over at once. */
const clock = { ...systemClock, sleep: async () => {} };

/** What goes wrong at a place of the object. */
type Fault = 'none' | 'breaks once' | 'corrupt' | 'ends early' | 'replaced' | 'refused';

/** Reads the object with a fault at the byte `at`. */
function readWith(fault: Fault, at: number): Read {
  let broken = false;
  const trouble = (retry: 'backoff' | 'never') =>
    new StorageError('the connection was lost', { driver: 'test', retry });
  return async (range) => {
    const { start, end = Number.POSITIVE_INFINITY } = range ?? { start: 0 };
    const meets = start <= at && at < end;
    if (fault === 'replaced' && meets && start > 0)
      throw new ObjectChangedError('large', 'one', 'another', { driver: 'test' });
    const source = await backend.readObject(ref, range, call);
    return (async function* () {
      let position = start;
      for await (const all of source)
        for (let from = 0; from < all.byteLength; from += 5000) {
          const chunk = Buffer.from(all.subarray(from, from + 5000));
          const before = position;
          position += chunk.byteLength;
          const isHere = before <= at && at < position;
          if (isHere && fault === 'refused') throw trouble('never');
          if (isHere && fault === 'ends early') return;
          if (isHere && fault === 'corrupt') chunk[at - before]! ^= 1;
          if (isHere && fault === 'breaks once' && !broken) {
            broken = true;
            if (at > before) yield chunk.subarray(0, at - before);
            if (at > start) throw trouble('backoff');
          }
          yield chunk;
        }
    })();
  };
}

/** Loads it in ranges, and compares it with the proof. */
async function loadProven(
  on: RangeThreads,
  info: ObjectInfo,
  proof: ContentProof,
  read: Read,
  file: FileHandle | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const contents = md5Contents(proof, info.size)!;
  const ctx = { backend, clock, onBytes };
  const md5s = await loadRanges(ctx, on, { info, read, contents }, file, call.signal);
  const problem = digestProblem(backend, info, proof, md5s);
  if (problem !== undefined) throw problem;
}

interface Road {
  readonly bytes: number;
  readonly blocks: number | undefined;
  readonly content: Buffer | undefined;
  readonly error: string | undefined;
}

async function take(
  name: string,
  work: (file: FileHandle, onBytes: (bytes: number) => void) => Promise<void>,
): Promise<Road> {
  const path = join(folder, name);
  const file = await open(path, 'w');
  let bytes = 0;
  try {
    await work(file, (some) => {
      bytes += some;
    });
  } catch (error) {
    return { bytes: 0, blocks: undefined, content: undefined, error: (error as Error).name };
  } finally {
    await file.close();
  }
  const { blocks } = await lstat(path);
  return { bytes, blocks, content: await readFile(path), error: undefined };
}

function proofOf(content: Buffer, partSize: number | undefined): ContentProof {
  if (partSize === undefined) return { by: 'checksum', checksum: checksumOf('md5', content) };
  const hash = hashInParts(partSize);
  hash.update(content);
  return { by: 'index', md5Parts: hash.digest() };
}

async function both(
  info: ObjectInfo,
  proof: ContentProof,
  read: () => Read,
): Promise<readonly [streamed: Road, ranged: Road]> {
  const streamed = await take('streamed', (file, onBytes) =>
    writeSparsely(
      file,
      provenContent({ backend, clock, onBytes }, read(), info, proof, call.signal),
    ),
  );
  const ranged = await take('ranged', (file, onBytes) =>
    loadProven(threads, info, proof, read(), file, onBytes),
  );
  return [streamed, ranged];
}

const pieces = fc.array(
  fc.tuple(fc.constantFrom(1, 100, 4096, 8192, 20_000, 60_000), fc.boolean()),
  { minLength: 1, maxLength: 8 },
);
const faults = fc.constantFrom<Fault>(
  ...(['none', 'none', 'breaks once', 'corrupt', 'ends early', 'replaced', 'refused'] as const),
);

test('a large object that comes in ranges is the file that one stream would make, or fails as that would', async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      pieces,
      fc.constantFrom(undefined, 64, 5000, 8192, 16_384, 40_000, 1_000_000),
      faults,
      fc.nat(),
      async (some, partSize, fault, where) => {
        const content = Buffer.concat(
          some.map(([size, isHole]) => (isHole ? Buffer.alloc(size) : randomContent(size))),
        );
        const info = await put(backend, ref, content);
        const at = where % content.byteLength;
        const proof = proofOf(content, partSize);
        const [streamed, ranged] = await both(info, proof, () => readWith(fault, at));
        // One stream is bound to its version by its first answer.
        ends.add(`${fault}: ${ranged.error}`);
        if (fault === 'replaced') {
          expect([undefined, 'ObjectChangedError']).toContain(ranged.error);
          if (ranged.error === undefined) expect(ranged.content!.equals(content)).toBe(true);
          return;
        }
        const unwritten = await take('unwritten', (_, onBytes) =>
          loadProven(threads, info, proof, readWith(fault, at), undefined, onBytes),
        );
        expect(unwritten).toMatchObject({ bytes: ranged.bytes, error: ranged.error });
        const { blocks, ...rest } = ranged;
        expect({ ...rest, blocks: streamed.blocks }).toEqual(streamed);
        // A stream leaves a hole where one of its chunks has a whole block of zeros.
        if (partSize === undefined) expect(blocks ?? 0).toBeLessThanOrEqual(streamed.blocks ?? 0);
      },
    ),
    { numRuns: 80 },
  );
  for (const end of [
    'breaks once: undefined',
    'corrupt: ObjectHashMismatchError',
    'ends early: ObjectError',
    'none: undefined',
    'refused: StorageError',
  ])
    expect(ends, 'what was met').toContain(end);
}, 120_000);

test('files that are loaded at the same time do not mix, and memory goes round among them', async () => {
  const contents = Array.from({ length: 10 }, (_, at) => randomContent(RANGE * 5 + at));
  await Promise.all(
    contents.map(async (content, at) => {
      const own = { container: 'c', key: `at-once/${at}` };
      const info = await put(backend, own, content);
      const read: Read = (range) => backend.readObject(own, range, call);
      const proof = proofOf(content, at % 2 === 0 ? undefined : 9000);
      const road = await take(`file-${at}`, (file, onBytes) =>
        loadProven(threads, info, proof, read, file, onBytes),
      );
      expect(road.error).toBe(undefined);
      expect(road.content!.equals(content)).toBe(true);
    }),
  );
});

test('an abort ends the loading of a file with its reason, and the memory is free for others', async () => {
  const content = randomContent(RANGE * 30);
  const info = await put(backend, ref, content);
  const proof = proofOf(content, undefined);
  const contents = md5Contents(proof, info.size)!;
  const read: Read = (range) => backend.readObject(ref, range, call);
  const hanging: Read = async (range) => ((range?.start ?? 0) < RANGE * 3 ? read(range) : never());
  const load = async (source: Read, signal: AbortSignal, on: RangeThreads = threads) => {
    const file = await open(join(folder, 'aborted'), 'w');
    const ctx = { backend, clock, onBytes: () => {} };
    try {
      await loadRanges(ctx, on, { info, read: source, contents }, file, signal);
    } finally {
      await file.close();
    }
  };
  for (let time = 0; time < 5; time += 1) {
    const controller = new AbortController();
    const aborted = rejection(load(hanging, controller.signal));
    setImmediate(() => controller.abort(new Error('no more')));
    expect((await aborted) as Error).toMatchObject({ message: 'no more' });
  }
  await load(read, call.signal);
  const without = createRangeThreads(
    systemClock,
    programFile(new URL('file:///nowhere.js')),
    RANGE,
  );
  expect(await rejection(load(read, call.signal, without))).toBeInstanceOf(ThreadError);
});

function never(): Promise<never> {
  return new Promise(() => {});
}
