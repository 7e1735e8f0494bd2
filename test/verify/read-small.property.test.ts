import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { itemsOfPages } from '../../src/drivers/pages.js';
import type { ObjectName, ObjectRecord } from '../../src/state/object-index.js';
import { openFastReading } from '../../src/sync/proof/fast-reading.js';
import { compareNames } from '../../src/utf8-order.js';
import { ALL } from '../../src/verify/choose-objects.js';
import type { VerifyEvent } from '../../src/verify/verify-events.js';
import { verifyAll } from '../../src/verify/verify-run.js';
import { call, plain, put } from '../drivers/conformance/fixture.js';
import { withQuickGet } from '../fakes/quick-get.js';
import { record } from '../state/fixtures.js';
import { decay } from '../sync/mirror/decaying-backend.js';

const fast = openFastReading(systemClock, 4);
afterAll(() => fast.close());
const clock = { ...systemClock, sleep: async () => {}, now: () => 1 };

/** What may be wrong with an object. */
const FATES = ['sound', 'rotten', 'stutters', 'missing', 'replaced', 'longer', 'unknown'] as const;
type Fate = (typeof FATES)[number];

const nameAt = (at: number) => `folder ${at % 3}/${at}`;
const contentAt = (at: number) => `content of ${at}`;

/** A container with an object for each fate, and the index of what was sent. */
async function openContainer(fates: readonly Fate[], indexed: boolean) {
  const memory = memoryBackend();
  await memory.createContainer('c', call);
  const disks = decay();
  const records: [ObjectName, ObjectRecord][] = [];
  for (const [at, fate] of fates.entries()) {
    const name = nameAt(at);
    const ref = { container: 'c', key: name };
    const content = contentAt(at);
    await put(memory, ref, content, { ...plain, metaData: {} });
    const { extra } = await memory.headObject(ref, call);
    const md5 = checksumOf('md5', Buffer.from(content)).hex;
    const size = content.length;
    if (fate !== 'unknown')
      records.push([name, record({ size, md5, etag: String(extra['etag']) })]);
    if (fate === 'rotten') disks.rot(name);
    if (fate === 'stutters') disks.stutter(name);
    if (fate === 'missing') await memory.deleteObject(ref, call);
    if (fate === 'replaced') await put(memory, ref, content.toUpperCase());
    if (fate === 'longer') await put(memory, ref, `${content}, and more`);
  }
  const sorted = records.sort(([a], [b]) => compareNames(a, b));
  const index = { get: (name: ObjectName) => new Map(sorted).get(name), entries: () => sorted };
  return { backend: disks.wrap(memory), index: indexed ? index : undefined };
}

async function verify(
  backend: Backend,
  index: Awaited<ReturnType<typeof openContainer>>['index'],
): Promise<readonly unknown[]> {
  const events: VerifyEvent[] = [];
  const proofs: unknown[] = [];
  let bytes = 0;
  const { signal } = call;
  async function* listed() {
    const list = (page: Parameters<Backend['listObjects']>[2]) =>
      backend.listObjects('c', '', page, call);
    for await (const info of itemsOfPages('memory', list, { signal }))
      yield { name: info.key, info };
  }
  await verifyAll(
    {
      ...{ backend, container: 'c', prefix: '', index, extraneousIsWrong: true, clock },
      recordInSnapshot: async () => undefined,
      freshIndex: async () => index ?? { get: () => undefined },
      fast,
      onBytes(some) {
        bytes += some;
      },
    },
    listed(),
    {
      ...{ chosen: ALL, lanes: 4, signal },
      report: (event) => events.push(event),
      onProof: (name, _, verdict) => proofs.push([name, verdict === 'proven']),
    },
  );
  expect(bytes, 'bytes of the progress').toBeGreaterThan(0);
  const inOrder = <T>(some: T[]) => some.map((each) => JSON.stringify(each)).sort();
  return [inOrder(events), inOrder(proofs)];
}

test('verify: what small objects that are read together report is what each by itself would', async () => {
  let together = 0;
  const fates = fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constant('sound' as const) }, fc.constantFrom(...FATES)),
    { minLength: 16, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(fates, fc.boolean(), async (given, indexed) => {
      const some: Fate[] = ['sound', ...given];
      const alone = await openContainer(some, indexed);
      const many = await openContainer(some, indexed);
      const quick = withQuickGet(many.backend);
      const { getEach } = quick.capabilities.quickGet!;
      const counted: Backend = {
        ...quick,
        capabilities: {
          ...quick.capabilities,
          quickGet: {
            getEach(container, wanted, ...rest) {
              together += wanted.length;
              return getEach(container, wanted, ...rest);
            },
          },
        },
      };
      expect(await verify(counted, many.index)).toEqual(await verify(alone.backend, alone.index));
    }),
    { numRuns: 60 },
  );
  expect(together, 'objects that were asked for together').toBeGreaterThan(300);
});
