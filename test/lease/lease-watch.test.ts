import { expect, test } from 'vitest';
import { TargetUnavailableError } from '../../src/drivers/errors.js';
import { readClocks } from '../../src/lease/clock-reading.js';
import { leaseObject } from '../../src/lease/lease-object.js';
import { createLeaseWatch } from '../../src/lease/lease-watch.js';
import { standingOf } from '../../src/lease/seen-lease.js';
import { silentLogger } from '../../src/log.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { faulty } from '../fakes/faulty-backend.js';
import { holder, MINUTE, openRig, PERIOD, REF } from './rig.js';

const never = NEVER_ABORTED;
const SECOND = 1_000;
const down = () => new TargetUnavailableError('down', { driver: 'memory', retry: 'backoff' });

/** A holder with workers, and the watch of a worker on the same container by another client. */
async function openWatched() {
  const rig = await openRig();
  const holding = rig.lease(holder('a'), { workersTrustMs: () => 30_000 });
  await holding.acquire(never);
  const epoch = holding.epoch();
  if (epoch === undefined) throw new Error('it is held');
  const { backend, faults } = faulty(rig.storage);
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
  const object = leaseObject(backend, REF);
  const watch = createLeaseWatch({ object, mirror: 'm', clock: rig.clock, log });
  const standing = () => watch.seen && standingOf(watch.seen, epoch, readClocks(rig.clock));
  return { ...rig, holding, watch, faults, warnings, epoch, standing };
}

test('lease watch: sees the same lease for as long as its holder renews it', async () => {
  const { watch, clock, standing } = await openWatched();
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  for (let minute = 0; minute < 30; minute += 1) {
    await clock.advance(MINUTE);
    expect(standing()).toBe('same');
    expect(clock.monotonic() - (watch.seen?.seen.monotonicMs ?? 0)).toBeLessThanOrEqual(10_000);
  }
  stop.abort(new Error('stopped'));
  await running;
});

test('lease watch: names what became of the lease', async () => {
  const { watch, clock, standing, holding, lease, storage, put } = await openWatched();
  const look = async () => {
    await watch.look(never);
    return standing();
  };
  expect(await look()).toBe('same');
  await put('no lease');
  expect(await look()).toBe('unreadable');
  await storage.deleteObject(REF, { signal: never });
  expect(await look()).toBe('not there');
  await clock.advance(2 * MINUTE);
  expect(await look()).toBe('same');
  await holding.release();
  expect(await look()).toBe('released');
  void lease(holder('b'), { workersTrustMs: () => 30_000 }).acquire(never);
  await clock.advance(0);
  expect(await look()).toBe('outrun');
});

test('lease watch: a holder that was killed is silent after 0.8 of its period', async () => {
  const { watch, clock, standing, holding, document, put } = await openWatched();
  const left = JSON.stringify(await document());
  await holding.release();
  await put(left);
  await watch.look(never);
  await clock.advance(0.8 * PERIOD - 1);
  await watch.look(never);
  expect(standing()).toBe('same');
  await clock.advance(1);
  await watch.look(never);
  expect(standing()).toBe('silent');
});

test('lease watch: one read serves all callers of the moment', async () => {
  const { watch, faults } = await openWatched();
  const [first, second] = await Promise.all([watch.look(never), watch.look(never)]);
  expect(first).toBe(second);
  expect(faults.calls).toEqual(['headObject', 'readObject']);
});

test('lease watch: a read without an answer ends, is logged once, and what was seen grows old', async () => {
  const { watch, clock, faults, warnings } = await openWatched();
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  await clock.advance(SECOND);
  const { seen } = watch;
  expect(seen).toMatchObject({ content: 'lease' });
  faults.next('headObject', 'hang');
  faults.next('headObject', down());
  await clock.advance(19_000);
  expect(watch.seen).toBe(seen);
  expect(watch.error).toBeInstanceOf(Error);
  expect(warnings).toEqual(['lease cannot be read']);
  await clock.advance(3 * SECOND);
  faults.assertUsedUp();
  expect(watch.error).toBeUndefined();
  expect(watch.seen).not.toBe(seen);
  stop.abort(new Error('stopped'));
  await running;
});

test('lease watch: counts what it saw from before the read was sent', async () => {
  const { clock, storage, watch: first } = await openWatched();
  const object = leaseObject(storage, REF);
  const slow = {
    async read(signal: AbortSignal) {
      await clock.sleep(5 * SECOND);
      return object.read(signal);
    },
  };
  const watch = createLeaseWatch({ object: slow, mirror: 'm', clock, log: silentLogger });
  await first.look(never);
  const looking = watch.look(never);
  await clock.advance(5 * SECOND);
  await looking;
  expect(watch.seen?.seen).toEqual(first.seen?.seen);
});
