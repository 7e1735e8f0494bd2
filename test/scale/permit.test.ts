import { expect, test } from 'vitest';
import { bytesBody, streamBody } from '../../src/drivers/body.js';
import { ObjectDoesNotExistError } from '../../src/drivers/errors.js';
import { layered } from '../../src/drivers/layers/layer.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { readClocks } from '../../src/lease/clock-reading.js';
import { type LeaseDocument, newDocument, WORKERS_TRUST_MS } from '../../src/lease/document.js';
import { JobFencedError } from '../../src/lease/errors.js';
import { type SeenLease, seenLease } from '../../src/lease/seen-lease.js';
import { createJobPermit, permitLayer } from '../../src/scale/fenced-job.js';
import { mayBegin, whyFenced } from '../../src/scale/permit.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { classify } from '../../src/sync/failure.js';
import { fakeClock } from '../fakes/clock.js';
import { holder } from '../lease/rig.js';

const call = { signal: NEVER_ABORTED };
const options = { contentType: 'x', metaData: {}, headers: {}, checksums: [] };
const ref = { container: 'c', key: 'k' };
const NOW = { monotonicMs: 1_000_000, wallMs: 9_000_000 };
const document: LeaseDocument = {
  ...newDocument({ mirror: 'm', holder: holder('a'), fence: 7, periodMs: 600_000 }, 0),
  version: 2,
  workersTrustMs: WORKERS_TRUST_MS,
};
const epoch = { session: document.session, fence: 7 };

const before = (ms: number) => ({ monotonicMs: NOW.monotonicMs - ms, wallMs: NOW.wallMs - ms });

function found(different: Partial<LeaseDocument> = {}) {
  return {
    text: '',
    document: { ...document, ...different },
    version: { etag: undefined, versionId: undefined },
  };
}

const seen = (different: Partial<LeaseDocument>, ms = 0) =>
  seenLease(found(different), before(ms), undefined);

test.each<readonly [string, number, SeenLease | undefined, string | undefined]>([
  ['all is recent', 17_999, seen({}, 19_999), undefined],
  ['the lock was extended 18 s ago', 18_000, seen({}), 'lock'],
  ['the lock was extended later than now', -1, seen({}), 'lock'],
  ['the lease was never read', 0, undefined, 'not read'],
  ['the lease was read 20 s ago', 0, seen({}, 20_000), 'not read'],
  ['another session has a higher fence', 0, seen({ session: 'x', fence: 8 }), 'outrun'],
  ['another session has the same fence', 0, seen({ session: 'x' }), 'other session'],
  ['another session has a lower fence', 0, seen({ session: 'x', fence: 6 }), 'other session'],
  ['the session has another fence', 0, seen({ fence: 8 }), 'other session'],
  ['the lease is released', 0, seen({ released: true }), 'released'],
  ['the lease allows no workers', 0, seen({ workersTrustMs: 0 }), 'without workers'],
  ['the next holder waits for less', 0, seen({ workersTrustMs: 29_999 }), 'without workers'],
  ['the period is no number', 0, seen({ periodMs: Number.NaN }), 'silent'],
  ['there is no lease', 0, { content: 'not there', seen: NOW }, 'not there'],
  ['the lease cannot be read', 0, { content: 'unreadable', seen: NOW }, 'unreadable'],
])('permit: when %s', (_, extendedMs, lease, why) => {
  expect(whyFenced({ epoch, extended: before(extendedMs) }, lease, NOW)).toBe(why);
});

test('permit: both clocks count, and one that was set back counts against it', () => {
  const at = (monotonicMs: number, wallMs: number) => ({
    monotonicMs: NOW.monotonicMs - monotonicMs,
    wallMs: NOW.wallMs - wallMs,
  });
  for (const extended of [at(18_000, 0), at(0, 18_000), at(0, -1)])
    expect(whyFenced({ epoch, extended }, seen({}), NOW)).toBe('lock');
  expect(whyFenced({ epoch, extended: at(17_999, 17_999) }, seen({}), NOW)).toBeUndefined();
});

test('permit: a lease whose renewal did not advance for 0.8 of its period is silent', () => {
  const period = { periodMs: 100_000 };
  let lease = seenLease(found({ ...period, renewal: 1 }), before(100_000), undefined);
  // First seen in this read; it can be as old as the read before it.
  lease = seenLease(found({ ...period, renewal: 2 }), before(90_000), lease);
  lease = seenLease(found({ ...period, renewal: 2 }), before(0), lease);
  expect(whyFenced({ epoch, extended: NOW }, lease, NOW)).toBe('silent');
  const again = seenLease(found({ ...period, renewal: 3 }), before(0), lease);
  expect(whyFenced({ epoch, extended: NOW }, again, NOW)).toBeUndefined();
  // An old answer, as of a store that is eventually consistent, renews nothing.
  const old = seenLease(found({ ...period, renewal: 1 }), before(0), lease);
  expect(whyFenced({ epoch, extended: NOW }, old, NOW)).toBe('silent');
});

test('permit: no job is begun with less than half of the trust left', () => {
  expect(mayBegin({ epoch, extended: before(8_999) }, seen({}, 9_999), NOW)).toBe(true);
  expect(mayBegin({ epoch, extended: before(9_000) }, seen({}), NOW)).toBe(false);
  expect(mayBegin({ epoch, extended: NOW }, seen({}, 10_000), NOW)).toBe(false);
});

async function rig() {
  const clock = fakeClock();
  const lease: { seen: SeenLease | undefined } = {
    seen: seenLease(found(), readClocks(clock), undefined),
  };
  const permit = createJobPermit({ epoch, extended: readClocks(clock), lease, clock });
  const storage = memoryBackend();
  await storage.createContainer('c', call);
  return { clock, lease, permit, storage, backend: layered(storage, [permitLayer(permit)]) };
}

test('permit: an answer that comes late does not take trust away', async () => {
  const { clock, permit } = await rig();
  const early = readClocks(clock);
  await clock.advance(10_000);
  permit.extended(readClocks(clock));
  permit.extended(early);
  await clock.advance(9_000);
  expect(permit.reason()).toBeUndefined();
  await clock.advance(9_000);
  expect(permit.reason()).toBe('lock');
});

test('permit layer: a job that was frozen changes nothing when it wakes up, and is no fault of its object', async () => {
  const { clock, permit, backend, storage } = await rig();
  await backend.putObject(ref, bytesBody(Buffer.from('x')), options, call);
  await clock.advance(60_000);
  const { batchPut, batchDelete, multipart, copy } = backend.capabilities;
  const changes = [
    backend.putObject(ref, bytesBody(Buffer.from('old')), options, call),
    backend.deleteObject(ref, call),
    copy?.copyObject(ref, { ...ref, key: 'other' }, undefined, call),
    batchPut?.putObjects('c', [], new ArrayBuffer(0), call),
    batchDelete?.deleteObjects('c', ['k'], call),
    multipart?.begin(ref, options, call),
  ];
  for (const outcome of await Promise.allSettled(changes)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(JobFencedError) });
    if (outcome.status === 'rejected')
      expect(classify(outcome.reason, 'c')).toEqual({ kind: 'mirror' });
  }
  expect(await storage.headObject(ref, call)).toMatchObject({ size: 1 });
  expect(await backend.headObject(ref, call)).toMatchObject({ size: 1 });
  expect(() => permit.check()).toThrow('its lock was not extended in time');
});

test('permit layer: the piece of a body that comes after the trust has ended is not sent', async () => {
  const { clock, backend, storage } = await rig();
  async function* pieces(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('first');
    await clock.advance(18_000);
    yield Buffer.from('second');
  }
  await expect(backend.putObject(ref, streamBody(pieces(), 11), options, call)).rejects.toThrow(
    JobFencedError,
  );
  await expect(storage.headObject(ref, call)).rejects.toThrow(ObjectDoesNotExistError);
});
