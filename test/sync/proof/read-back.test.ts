import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ObjectDoesNotExistError,
  ObjectIncompleteError,
  StorageError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { hashInParts } from '../../../src/parts-digest.js';
import { programFile } from '../../../src/program-files.js';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { openFastReading } from '../../../src/sync/proof/fast-reading.js';
import { readBack } from '../../../src/sync/proof/read-back.js';
import { createRangeThreads } from '../../../src/sync/ranges/range-threads.js';
import { call, put } from '../../drivers/conformance/fixture.js';
import { withQuickGet } from '../../fakes/quick-get.js';
import { record } from '../../state/fixtures.js';

const MIB = 2 ** 20;
const PART = 5 * MIB;
const REF = { container: 'c', key: 'a' };
const clock = { ...systemClock, sleep: async () => {} };
const fast = openFastReading(systemClock, 8);
afterAll(() => fast.close());

/** An object, and storage that notes what is asked of it. */
async function openStored(content: Buffer, wrap: (backend: Backend) => Backend = (same) => same) {
  const memory = memoryBackend();
  await memory.createContainer('c', call);
  await put(memory, REF, content);
  const asked: unknown[] = [];
  const noted: Backend = {
    ...memory,
    headObject(...args) {
      asked.push('head');
      return memory.headObject(...args);
    },
    readObject(ref, range, ...rest) {
      asked.push(range);
      return memory.readObject(ref, range, ...rest);
    },
  };
  const info = await memory.headObject(REF, call);
  const etag = String(info.extra['etag']);
  return { backend: wrap(noted), memory, asked, info, etag };
}

function recordOf(content: Buffer, etag: string, inParts: boolean): ObjectRecord {
  const hash = hashInParts(PART);
  hash.update(content);
  const parts = { md5: '', md5Parts: hash.digest().hex, partSize: PART };
  const whole = { md5: checksumOf('md5', content).hex };
  return record({ size: content.length, etag, ...(inParts ? parts : whole) });
}

/** Flips a bit of readings that begin at this byte, as often as said. */
function flipping(at: number, times: number): (backend: Backend) => Backend {
  let left = times;
  return (backend) => ({
    ...backend,
    async readObject(ref, range, each) {
      const source = await backend.readObject(ref, range, each);
      if ((range?.start ?? 0) !== at || left === 0) return source;
      left -= 1;
      return (async function* () {
        let isFirst = true;
        for await (const chunk of source) {
          const copy = Uint8Array.from(chunk);
          if (isFirst) copy[0] = (copy[0] ?? 0) ^ 1;
          isFirst = false;
          yield copy;
        }
      })();
    },
  });
}

const large = Buffer.alloc(4 * PART + 3, 'some content ');

/** Ranges that are asked for in order, without a gap, from the beginning to the end; two at the least. */
function expectRanges(asked: readonly unknown[], size: number): void {
  const ranges = asked as readonly { readonly start: number; readonly end: number }[];
  expect(ranges.length).toBeGreaterThan(1);
  expect(ranges.map(({ start }) => start)).toEqual([
    0,
    ...ranges.slice(0, -1).map(({ end }) => end),
  ]);
  expect(ranges.at(-1)?.end).toBe(size);
}

test.each([
  { digested: 'whose parts have digests', inParts: true },
  { digested: 'that has one digest', inParts: false },
])(
  'P2: read-back: a large object $digested is read in ranges at the same time',
  async ({ inParts }) => {
    const { backend, asked, info, etag } = await openStored(large);
    let bytes = 0;
    const onBytes = (some: number) => {
      bytes += some;
    };
    const ctx = { backend, clock, fast, onBytes };
    const read = await readBack(ctx, REF, recordOf(large, etag, inParts), call.signal, info);
    expect(read).toMatchObject({ verdict: 'proven', by: 'index' });
    expectRanges(asked, large.length);
    expect(bytes).toBe(large.length);
  },
);

test('P2: read-back: an object that ends before its size is damaged', async () => {
  const { backend, memory, info, etag } = await openStored(large);
  const short: Backend = {
    ...backend,
    readObject: (ref, range, each) =>
      memory.readObject(ref, { start: range?.start ?? 0, end: large.length - 1 }, each),
  };
  const ctx = { backend: short, clock, fast };
  const read = await readBack(ctx, REF, recordOf(large, etag, true), call.signal, info);
  expect(read).toMatchObject({ verdict: 'damaged', detail: expect.stringContaining('bytes') });
});

test('P2: read-back: without threads for ranges a large object is read as one stream', async () => {
  const { backend, asked, info, etag } = await openStored(large);
  const nowhere = programFile(new URL('file:///nowhere.js'));
  const ranges = createRangeThreads(systemClock, nowhere);
  const ctx = { backend, clock, fast: { ...fast, ranges } };
  const read = await readBack(ctx, REF, recordOf(large, etag, true), call.signal, info);
  expect(read.verdict).toBe('proven');
  expect(asked.at(-1)).toBeUndefined();
});

test('P2: read-back: a range that is wrong once is no damage, and one that stays wrong is', async () => {
  const once = await openStored(large, flipping(2 * PART, 1));
  const known = recordOf(large, once.etag, true);
  const read = await readBack(
    { backend: once.backend, clock, fast },
    REF,
    known,
    call.signal,
    once.info,
  );
  expect(read.verdict).toBe('proven');
  expect(once.asked.at(-1), 'the whole, which confirms').toBeUndefined();
  const rotten = Buffer.from(large);
  rotten[2 * PART + 1] = 0;
  const damaged = await openStored(rotten);
  const ctx = { backend: damaged.backend, clock, fast };
  const again = await readBack(
    ctx,
    REF,
    recordOf(large, damaged.etag, true),
    call.signal,
    damaged.info,
  );
  expect(again).toMatchObject({ verdict: 'damaged' });
});

test('read-back: a provider that takes no ranges gives the whole', async () => {
  const noRanges = (backend: Backend): Backend => ({
    ...backend,
    async readObject(ref, range, each) {
      if (range !== undefined) throw new StorageError('ignored the range', { driver: 'memory' });
      return backend.readObject(ref, range, each);
    },
  });
  const { backend, info, etag } = await openStored(large, noRanges);
  const read = await readBack(
    { backend, clock, fast },
    REF,
    recordOf(large, etag, true),
    call.signal,
    info,
  );
  expect(read.verdict).toBe('proven');
});

test('P2: read-back: an object that a store does not find for a moment is not missing', async () => {
  const content = Buffer.from('content');
  let misses = 2;
  const flickering = (backend: Backend): Backend => ({
    ...backend,
    async headObject(...args) {
      misses -= 1;
      if (misses % 2 === 1) throw new ObjectDoesNotExistError('a', { driver: 'memory' });
      return backend.headObject(...args);
    },
  });
  const { backend, etag, memory } = await openStored(content, flickering);
  const known = recordOf(content, etag, false);
  expect((await readBack({ backend, clock }, REF, known, call.signal)).verdict).toBe('proven');
  await memory.deleteObject(REF, call);
  misses = 2;
  const gone = await readBack({ backend: memory, clock }, REF, known, call.signal);
  expect(gone.verdict).toBe('missing');
});

test('P2: read-back: an object that the provider finds incomplete twice is damaged, and once is not', async () => {
  const content = Buffer.from('content');
  let times = 1;
  const incomplete = (backend: Backend): Backend => ({
    ...backend,
    async readObject(...args) {
      times -= 1;
      if (times >= 0) throw new ObjectIncompleteError('a', 'a part is gone', { driver: 'memory' });
      return backend.readObject(...args);
    },
  });
  const { backend, info, etag } = await openStored(content, incomplete);
  const known = recordOf(content, etag, false);
  const read = () => readBack({ backend, clock, fast }, REF, known, call.signal, info);
  expect((await read()).verdict).toBe('proven');
  times = 9;
  expect(await read()).toMatchObject({
    verdict: 'damaged',
    detail: expect.stringContaining('a part is gone'),
  });
});

test('read-back: a content that breaks off, also before its first byte, is read on from there', async () => {
  const content = Buffer.alloc(MIB, 'content ');
  const breaks = [0, 700_000];
  const breaking = (backend: Backend): Backend => ({
    ...backend,
    async readObject(ref, range, each) {
      const source = await backend.readObject(ref, range, each);
      const after = breaks.shift();
      if (after === undefined) return source;
      return (async function* () {
        for await (const chunk of source) {
          if (after > 0) yield chunk.subarray(0, after);
          throw new TargetUnavailableError('cut off', { driver: 'memory', retry: 'backoff' });
        }
      })();
    },
  });
  const { backend, info, etag } = await openStored(content, breaking);
  const known = recordOf(content, etag, false);
  const read = await readBack({ backend, clock, fast }, REF, known, call.signal, info);
  expect([read.verdict, breaks]).toEqual(['proven', []]);
});

test('read-back: a small object is proven by one request where the driver has such', async () => {
  const content = Buffer.from('content');
  const quick: unknown[] = [];
  const noting = (backend: Backend): Backend => {
    const { capabilities } = withQuickGet(backend);
    const { getEach } = capabilities.quickGet!;
    return {
      ...backend,
      capabilities: {
        ...capabilities,
        quickGet: {
          getEach(container, wanted, ...rest) {
            quick.push(...wanted);
            return getEach(container, wanted, ...rest);
          },
        },
      },
    };
  };
  const { backend, memory, etag } = await openStored(content, noting);
  const known = recordOf(content, etag, false);
  const read = () => readBack({ backend, clock }, REF, known, call.signal);
  expect((await read()).verdict).toBe('proven');
  expect(quick).toEqual([{ key: 'a', size: content.length }]);
  await put(memory, REF, 'CONTENT');
  expect((await read()).verdict).toBe('changed');
  await memory.deleteObject(REF, call);
  expect((await read()).verdict).toBe('missing');
});
