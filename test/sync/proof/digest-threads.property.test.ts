import fc from 'fast-check';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { checksumOf } from '../../../src/drivers/digest.js';
import { evenCuts } from '../../../src/drivers/part-digests.js';
import { programFile } from '../../../src/program-files.js';
import { createDigestThreads } from '../../../src/sync/proof/digest-threads.js';
import { type DigestPlan, openPlannedDigest } from '../../../src/sync/store/planned-digest.js';
import { rejection } from '../../drivers/conformance/fixture.js';

const KIB = 1024;
const threads = createDigestThreads();
afterAll(() => threads.close());

const plan = fc.oneof(
  fc.record({ algorithm: fc.constantFrom('md5' as const, 'sha256' as const, 'crc32c' as const) }),
  fc.record({ partSize: fc.integer({ min: 1, max: 700 * KIB }) }),
);
/** Bytes of each chunk; those of a content may fill several pieces of memory. */
const chunks = fc.array(fc.integer({ min: 0, max: 600 * KIB }), { maxLength: 5 });

function contentOf(sizes: readonly number[], seed: number): readonly Uint8Array[] {
  return sizes.map((size, at) => new Uint8Array(size).map((_, i) => i * 31 + at * 7 + seed));
}

async function digestOf(given: DigestPlan, content: readonly Uint8Array[]) {
  const digest = threads.open(given);
  try {
    for (const chunk of content) await digest.update(chunk);
    return await digest.finish();
  } finally {
    digest.close();
  }
}

test('digest threads: contents that arrive at the same time have the digests that each has by itself', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(plan, chunks), { minLength: 1, maxLength: 6 }),
      async (some) => {
        const contents = some.map(([given, sizes], seed) => {
          const size = sizes.reduce((sum, each) => sum + each, 0);
          const used: DigestPlan =
            'partSize' in given
              ? { cuts: evenCuts(size, Math.max(given.partSize, 4 * KIB)) }
              : given;
          return { used, content: contentOf(sizes, seed) };
        });
        const found = await Promise.all(contents.map((each) => digestOf(each.used, each.content)));
        const expected = contents.map(({ used, content }) => {
          const digest = openPlannedDigest(used);
          for (const chunk of content) digest.update(chunk);
          return digest.finish();
        });
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 20 },
  );
});

test('digest threads: more contents than there is memory for wait for each other, and all are hashed', async () => {
  const content = contentOf([512 * KIB, 512 * KIB, 1], 3);
  const all = Array.from({ length: 100 }, () => digestOf({ algorithm: 'md5' }, content));
  const expected = checksumOf('md5', Buffer.concat(content)).hex;
  expect(new Set((await Promise.all(all)).flat())).toEqual(new Set([expected]));
});

test('digest threads: a content that is left in its middle leaves its memory to others', async () => {
  const chunk = new Uint8Array(600 * KIB);
  for (let round = 0; round < 200; round += 1) {
    const digest = threads.open({ algorithm: 'md5' });
    await digest.update(chunk);
    digest.close();
  }
  expect(await digestOf({ algorithm: 'md5' }, [chunk])).toEqual([checksumOf('md5', chunk).hex]);
});

test('digest threads: md5sOf hashes contents that lie one after the other', async () => {
  const memory = Buffer.from('abbccc   ');
  const copy = new ArrayBuffer(memory.byteLength);
  memory.copy(new Uint8Array(copy));
  expect(await threads.md5sOf(copy, [1, 0, 2, 3])).toEqual(
    ['a', '', 'bb', 'ccc'].map((text) => checksumOf('md5', Buffer.from(text)).hex),
  );
  expect(copy.byteLength, 'the memory has changed threads').toBe(0);
});

test('digest threads: two are started, and what the end of one interrupts rejects', async () => {
  const real = programFile(new URL('../../../src/sync/proof/digest-worker.js', import.meta.url));
  const ends = new URL('data:text/javascript,process.exit()');
  const programs = [real.load(), real.load(), ends];
  let started = 0;
  const own = createDigestThreads({
    load() {
      started += 1;
      return programs.pop() ?? ends;
    },
  });
  onTestFinished(() => own.close());
  const hash = () => own.md5sOf(new ArrayBuffer(8), [8]);
  expect((await rejection(hash())).message).toBe('the thread longshore-digest has ended');
  const open = [1, 2, 3].map(() => own.open({ algorithm: 'md5' }));
  for (const digest of open) await digest.update(new Uint8Array(5));
  const digests = await Promise.all(open.map((digest) => digest.finish()));
  for (const digest of open) digest.close();
  expect(new Set(digests.flat()).size).toBe(1);
  expect(started).toBe(3);
});
