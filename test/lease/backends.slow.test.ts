import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { localBackend } from '../../src/drivers/local/backend.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createMemoryStore } from '../../src/drivers/memory/store.js';
import { readClocks } from '../../src/lease/clock-reading.js';
import { createLease } from '../../src/lease/create-lease.js';
import { type Holder, WORKERS_TRUST_MS } from '../../src/lease/document.js';
import { LeaseHeldError } from '../../src/lease/errors.js';
import { leaseObject } from '../../src/lease/lease-object.js';
import { createLeaseWatch } from '../../src/lease/lease-watch.js';
import { standingOf } from '../../src/lease/seen-lease.js';
import { silentLogger } from '../../src/log.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { openFake as openFakeS3 } from '../drivers/s3/open.js';
import { openFake as openFakeSwift } from '../drivers/swift/open.js';
import type { Fault } from '../fakes/s3/faults.js';
import type { ConditionDialect } from '../fakes/s3/objects.js';
import { startFakeS3 } from '../fakes/s3/server.js';
import { startFakeSwift } from '../fakes/swift/server.js';
import { temporaryFolder } from '../world/folder.js';
import { holder, REF } from './rig.js';

type Clients = readonly [Backend, Backend];

/** Two clients of one storage. */
const storages = {
  async memory(): Promise<Clients> {
    const store = createMemoryStore(systemClock);
    return [memoryBackend({ store }), memoryBackend({ store })];
  },
  async local(): Promise<Clients> {
    const root = temporaryFolder('lease');
    return [localBackend({ root }), localBackend({ root })];
  },
  async s3(): Promise<Clients> {
    const fake = await startFakeS3();
    onTestFinished(() => fake.close());
    return [openFakeS3(fake), openFakeS3(fake)];
  },
  async swift(): Promise<Clients> {
    const fake = await startFakeSwift();
    onTestFinished(() => fake.close());
    return [openFakeSwift(fake), openFakeSwift(fake)];
  },
};

function leaseOf(
  backend: Backend,
  self: Holder,
  takeOver = false,
  periodMs = 600_000,
  workersTrustMs?: () => number,
) {
  const lease = createLease({
    object: leaseObject(backend, REF),
    place: 't:c/p/',
    mirror: 'm',
    self,
    periodMs,
    takeOver,
    howToTakeOver: 'or take it',
    workersTrustMs,
    clock: systemClock,
    log: silentLogger,
  });
  onTestFinished(() => lease.release());
  return lease;
}

async function open(name: keyof typeof storages): Promise<readonly [Backend, Backend]> {
  const clients = await storages[name]();
  onTestFinished(async () => {
    for (const client of clients) await client.close();
  });
  await clients[0].createContainer(REF.container, { signal: NEVER_ABORTED });
  return clients;
}

/** How S3 stores take conditions, and which profile the settings name. */
const dialects: readonly (readonly [profile: string, conditions: ConditionDialect])[] = [
  ['ceph', 'bare'],
  ['aws', 'bare'],
  ['ceph', 'quoted or 400'],
  ['r2', 'quoted or 400'],
  ['aws', { refusesAll: [412, 'PreconditionFailed'] }],
  ['ceph', { refusesAll: [409, 'ConditionalRequestConflict'] }],
  ['aws', { refusesAll: [501, 'NotImplemented'] }],
];

describe.each(dialects)(
  'lease: over S3, profile %s, which takes conditions %j',
  (profile, conditions) => {
    async function openDialect(): Promise<Clients> {
      const fake = await startFakeS3({ conditions });
      const clients = [openFakeS3(fake, { profile }), openFakeS3(fake, { profile })] as const;
      onTestFinished(async () => {
        for (const client of clients) await client.close();
        await fake.close();
      });
      await clients[0].createContainer(REF.container, { signal: NEVER_ABORTED });
      return clients;
    }

    test('lease: is renewed, released, acquired by another holder, and taken over', async () => {
      const [one, two] = await openDialect();
      const first = leaseOf(one, holder('a'), false, 500);
      await first.acquire(NEVER_ABORTED);
      const renewal = (await leaseObject(two, REF).read(NEVER_ABORTED))?.document?.renewal ?? 0;
      await expect
        .poll(async () => (await leaseObject(two, REF).read(NEVER_ABORTED))?.document?.renewal)
        .toBeGreaterThan(renewal + 1);
      await expect(leaseOf(two, holder('b')).acquire(NEVER_ABORTED)).rejects.toThrow(
        LeaseHeldError,
      );
      await first.release();
      expect((await leaseObject(two, REF).read(NEVER_ABORTED))?.document?.released).toBe(true);
      const second = leaseOf(two, holder('b'));
      await second.acquire(NEVER_ABORTED);
      const third = leaseOf(one, holder('c'), true);
      await third.acquire(NEVER_ABORTED);
      expect(third.status()).toMatchObject({ held: true, fence: 3 });
    });
  },
);

test('lease: a take-over ends in a write without a condition when every conditional one is refused', async () => {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const backend = openFakeS3(fake);
  onTestFinished(() => backend.close());
  await backend.createContainer(REF.container, { signal: NEVER_ABORTED });
  const first = leaseOf(backend, holder('a'));
  await first.acquire(NEVER_ABORTED);
  // The holder renews its lease between each read and the write that follows it.
  const renewing: Backend = {
    ...backend,
    async putObject(ref, body, options, call) {
      const found = await leaseObject(backend, REF).read(NEVER_ABORTED);
      if (found?.document?.holder.host === 'a' && options.precondition !== undefined)
        await leaseObject(backend, REF).write(
          { ...found.document, renewal: found.document.renewal + 1 },
          found.version,
          NEVER_ABORTED,
        );
      return backend.putObject(ref, body, options, call);
    },
  };
  const second = leaseOf(renewing, holder('b'), true);
  await second.acquire(NEVER_ABORTED);
  expect((await leaseObject(backend, REF).read(NEVER_ABORTED))?.document).toMatchObject({
    holder: { host: 'b' },
  });
});

describe.each(['memory', 'local', 's3', 'swift'] as const)('a lease on %s', (name) => {
  test('lease: is held by one process at a time, released, taken over, and then lost', async () => {
    const [one, two] = await open(name);
    const first = leaseOf(one, holder('a'));
    const second = leaseOf(two, holder('b'));
    await first.acquire(NEVER_ABORTED);
    await expect(second.acquire(NEVER_ABORTED)).rejects.toThrow(LeaseHeldError);
    await first.release();
    expect(await second.acquire(NEVER_ABORTED)).toMatchObject({ wasOthers: true, wasThere: true });
    const third = leaseOf(one, holder('c'), true);
    await third.acquire(NEVER_ABORTED);
    expect(third.status()).toMatchObject({ held: true, fence: 3 });
    await second.release();
    // The one that lost it could not give back what it no longer had.
    expect((await leaseObject(two, REF).read(NEVER_ABORTED))?.document).toMatchObject({
      holder: { host: 'c' },
      released: false,
    });
  });

  test('lease: after a holder with workers the next one waits for their end, and they see it', async () => {
    const [one, two] = await open(name);
    const first = leaseOf(one, holder('a'), false, 600_000, () => WORKERS_TRUST_MS);
    await first.acquire(NEVER_ABORTED);
    const watch = createLeaseWatch({
      object: leaseObject(two, REF),
      mirror: 'm',
      clock: systemClock,
      log: silentLogger,
    });
    const epoch = first.epoch();
    const standing = async () => {
      const seen = await watch.look(NEVER_ABORTED);
      return epoch && standingOf(seen, epoch, readClocks(systemClock));
    };
    expect(await standing()).toBe('same');
    const second = leaseOf(two, holder('b'), true, 600_000, () => 0);
    const stop = new AbortController();
    const acquiring = second.acquire(stop.signal);
    await expect.poll(() => second.status()?.held).toBe(true);
    expect(await standing()).toBe('outrun');
    expect(second.epoch()).toBeUndefined();
    stop.abort(new Error('stopped'));
    await expect(acquiring).rejects.toThrow('stopped');
    expect((await leaseObject(one, REF).read(NEVER_ABORTED))?.document).toMatchObject({
      version: 2,
      workersTrustMs: WORKERS_TRUST_MS,
    });
  });

  test('lease: is held by one of two processes that want it at the same moment', async () => {
    const [one, two] = await open(name);
    const both = [leaseOf(one, holder('a')), leaseOf(two, holder('b'))];
    await Promise.allSettled(both.map((lease) => lease.acquire(NEVER_ABORTED)));
    expect(both.filter((lease) => lease.status()?.held)).toHaveLength(1);
  });
});

test('lease: renewals do not pile up in a container that keeps versions', async () => {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const backend = openFakeS3(fake);
  await backend.createContainer(REF.container, { signal: NEVER_ABORTED });
  const bucket = fake.rules.store.bucket(REF.container);
  bucket.versioned = true;
  for (let times = 0; times < 5; times += 1) {
    const lease = leaseOf(backend, holder('a'));
    await lease.acquire(NEVER_ABORTED);
    await lease.release();
  }
  expect(bucket.objects.get(REF.key)).toHaveLength(1);
  await backend.close();
});

/** A lease that is written four more times where versions are kept, by who meets this when the second one is to be deleted. */
async function writtenOver(fault: Fault) {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const backend = openFakeS3(fake);
  onTestFinished(() => backend.close());
  await backend.createContainer(REF.container, { signal: NEVER_ABORTED });
  const bucket = fake.rules.store.bucket(REF.container);
  bucket.versioned = true;
  const first = leaseOf(backend, holder('a'));
  await first.acquire(NEVER_ABORTED);
  await first.release();
  fake.faults.next('DeleteObject', undefined);
  fake.faults.next('DeleteObject', fault);
  const object = leaseObject(backend, REF);
  for (let renewal = 10; renewal < 14; renewal += 1) {
    const found = await object.read(NEVER_ABORTED);
    if (found?.document === undefined) throw new Error('there is no lease');
    await object.write({ ...found.document, renewal }, found.version, NEVER_ABORTED);
  }
  fake.faults.assertUsedUp();
  return {
    versions: bucket.objects.get(REF.key)?.length,
    renewal: (await object.read(NEVER_ABORTED))?.document?.renewal,
  };
}

test('lease: is held without the right to delete versions, which is tried once', async () => {
  expect(await writtenOver({ kind: 'refuse', status: 403, code: 'AccessDenied' })).toEqual({
    versions: 4,
    renewal: 13,
  });
});

test('lease: a renewal deletes old versions that could not be deleted before', async () => {
  expect(await writtenOver({ kind: 'refuse', status: 503, code: 'SlowDown' })).toEqual({
    versions: 1,
    renewal: 13,
  });
});

test('S3: the lease gets neither retention nor legal hold of the target, and its versions do not pile up', async () => {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const backend = openFakeS3(fake, {
    object_lock: { mode: 'compliance', retain: '1d', legal_hold: true },
  });
  onTestFinished(() => backend.close());
  await backend.createContainer(REF.container, { signal: NEVER_ABORTED });
  const bucket = fake.rules.store.bucket(REF.container);
  bucket.versioned = true;
  for (let times = 0; times < 3; times += 1) {
    const lease = leaseOf(backend, holder('a'));
    await lease.acquire(NEVER_ABORTED);
    await lease.release();
  }
  const puts = fake.log
    .filter(({ operation }) => operation === 'PutObject')
    .map(({ headers }) => Object.keys(headers));
  expect(puts.length).toBeGreaterThan(2);
  expect(puts.flat().filter((name) => name.startsWith('x-amz-object-lock'))).toEqual([]);
  expect(bucket.objects.get(REF.key)).toHaveLength(1);
});
