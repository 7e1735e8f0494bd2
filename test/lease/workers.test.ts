import { expect, test } from 'vitest';
import { readDocument, WORKERS_TRUST_MS } from '../../src/lease/document.js';
import { LeaseHeldError, LeaseLostError } from '../../src/lease/errors.js';
import type { Lease } from '../../src/lease/lease.js';
import { silentLogger } from '../../src/log.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { holder, MINUTE, openRig, PERIOD, REF } from './rig.js';

const never = NEVER_ABORTED;
const WAIT_MS = 45_000;
const workers = (trustMs = WORKERS_TRUST_MS) => ({ workersTrustMs: () => trustMs });

type Rig = Awaited<ReturnType<typeof openRig>>;

/** Takes the lease while time passes, and returns how long that took. */
async function taking(rig: Rig, lease: Lease): Promise<number> {
  const since = rig.clock.monotonic();
  let isTaken = false;
  const acquiring = lease.acquire(never).finally(() => {
    isTaken = true;
  });
  await rig.clock.advance(0);
  while (!isTaken) await rig.clock.advance(100);
  await acquiring;
  return rig.clock.monotonic() - since;
}

/** A lease whose holder has workers, and which lies there as it was when its process was killed. */
async function openKilled() {
  const rig = await openRig();
  const first = rig.lease(holder('a'), workers());
  await first.acquire(never);
  const left = JSON.stringify(await rig.document());
  await first.release();
  await rig.put(left);
  return rig;
}

test('lease: its document has version 2 while workers may write, and 1 without workers', async () => {
  const rig = await openRig();
  const without = rig.lease(holder('a'));
  await without.acquire(never);
  expect(await rig.document()).toMatchObject({ version: 1 });
  expect(await rig.document()).not.toHaveProperty('workersTrustMs');
  await without.release();
  expect(await rig.document()).not.toHaveProperty('workersTrustMs');
  const lease = rig.lease(holder('b'), workers());
  expect(await taking(rig, lease)).toBe(0);
  expect(await rig.document()).toMatchObject({ version: 2, workersTrustMs: 30_000 });
  await rig.clock.advance(2 * MINUTE);
  expect(await rig.document()).toMatchObject({ version: 2, workersTrustMs: 30_000, renewal: 1 });
  const { session, fence } = (await rig.document()) as { session: string; fence: number };
  expect(lease.epoch()).toEqual({ session, fence });
});

test('lease: a drained stop leaves no trust, and a document that every version can read', async () => {
  const rig = await openRig();
  let trustMs = WORKERS_TRUST_MS;
  const first = rig.lease(holder('a'), { workersTrustMs: () => trustMs });
  await first.acquire(never);
  trustMs = 0;
  await first.release();
  expect(first.epoch()).toBeUndefined();
  expect(await rig.document()).toMatchObject({ version: 1, released: true, workersTrustMs: 0 });
  expect(await taking(rig, rig.lease(holder('b'), workers()))).toBe(0);
});

test.each<readonly [string, (rig: Rig) => Lease | Promise<Lease>]>([
  ['the same state after a restart', ({ lease }) => lease(holder('a', { pid: 2 }), workers())],
  ['a mirror that has no workers any more', ({ lease }) => lease(holder('a', { pid: 2 }))],
  ['--take-over', ({ lease }) => lease(holder('b'), { takeOver: true })],
  [
    'another machine, after a period of silence',
    async ({ lease, clock }) => {
      const other = lease(holder('b'), workers());
      await expect(other.acquire(never)).rejects.toThrow(LeaseHeldError);
      await clock.advance(PERIOD);
      return other;
    },
  ],
])('lease: waits 45 s for the workers of a killed holder: %s', async (_, open) => {
  const rig = await openKilled();
  const lease = await open(rig);
  const acquired = lease.acquire(never);
  await rig.clock.advance(WAIT_MS - 1);
  expect(lease.status()).toMatchObject({ held: true });
  expect(lease.epoch()).toBeUndefined();
  let allowed = false;
  const write = Promise.resolve(lease.hold(never)).then(() => {
    allowed = true;
  });
  await rig.clock.advance(0);
  expect(allowed).toBe(false);
  await rig.clock.advance(1);
  await acquired;
  await write;
  expect(lease.hold(never)).toBeUndefined();
  expect(lease.epoch()).toBeDefined();
});

test('lease: says why it waits, and goes on being renewed', async () => {
  const rig = await openKilled();
  const events: unknown[] = [];
  const log = {
    ...silentLogger,
    info: (event: string, fields: unknown) => void events.push([event, fields]),
  };
  const periodMs = MINUTE;
  expect(await taking(rig, rig.lease(holder('a', { pid: 2 }), { log, periodMs }))).toBe(WAIT_MS);
  expect(events).toEqual([
    ['waiting for the end of earlier workers', { mirror: 'm', place: 't:c/p/', seconds: 45 }],
  ]);
  expect(await rig.document()).toMatchObject({ renewal: 3 });
});

test('lease: a holder that dies while it waits leaves the wait to the next one', async () => {
  const rig = await openKilled();
  const second = rig.lease(holder('a', { pid: 2 }));
  const stopping = new AbortController();
  const acquiring = second.acquire(stopping.signal);
  acquiring.catch(() => {});
  await rig.clock.advance(10_000);
  expect(await rig.document()).toMatchObject({ version: 2, workersTrustMs: 30_000, fence: 2 });
  stopping.abort(new Error('stopped'));
  await expect(acquiring).rejects.toThrow('stopped');
  await second.release();
  expect(await rig.document()).toMatchObject({ version: 2, workersTrustMs: 30_000 });
  const third = rig.lease(holder('a', { pid: 3 }));
  expect(await taking(rig, third)).toBe(WAIT_MS);
  await rig.clock.advance(2 * MINUTE);
  expect(await rig.document()).toMatchObject({ version: 1, fence: 3 });
  expect(await rig.document()).not.toHaveProperty('workersTrustMs');
});

test('lease: waits again when it is asked again before the end of the wait', async () => {
  const rig = await openKilled();
  const lease = rig.lease(holder('a', { pid: 2 }));
  const stopping = new AbortController();
  const acquiring = lease.acquire(stopping.signal);
  acquiring.catch(() => {});
  await rig.clock.advance(10_000);
  stopping.abort(new Error('stopped'));
  expect(await taking(rig, lease)).toBe(WAIT_MS - 10_000);
});

test('lease: a holder that loses it while it waits rejects', async () => {
  const rig = await openKilled();
  const lease = rig.lease(holder('a', { pid: 2 }), { periodMs: MINUTE });
  const acquiring = lease.acquire(never);
  acquiring.catch(() => {});
  await rig.clock.advance(1_000);
  const other = rig.lease(holder('b'), { takeOver: true }).acquire(never);
  other.catch(() => {});
  await rig.clock.advance(12_000);
  await expect(acquiring).rejects.toThrow(LeaseLostError);
});

test('lease: waits for its own workers when the target went back to an older lease', async () => {
  const rig = await openRig();
  const lease = rig.lease(holder('a'), workers());
  await lease.acquire(never);
  const snapshot = JSON.stringify({ ...(await rig.document()), version: 1, workersTrustMs: 0 });
  await rig.clock.advance(4 * MINUTE);
  await rig.put(snapshot);
  await rig.clock.advance(2 * MINUTE);
  await expect(Promise.resolve(lease.hold(never))).rejects.toThrow(LeaseLostError);
  expect(await taking(rig, lease)).toBe(WAIT_MS);
});

test('lease: a disk of this machine is renewed for workers even when nothing is written', async () => {
  const rig = await openRig();
  await rig.lease(holder('a'), { ...workers(), reachedOnlyHere: () => false }).acquire(never);
  await rig.clock.advance(20 * MINUTE);
  expect(await rig.document()).toMatchObject({ renewal: 10 });
});

test.each([undefined, 'x', -1, 3_600_001, null])(
  'lease: a document of version 2 whose trust is %j is held by an unknown process',
  async (workersTrustMs) => {
    const rig = await openKilled();
    const text = JSON.stringify({ ...(await rig.document()), workersTrustMs });
    expect(readDocument(text)).toBeUndefined();
    await rig.put(text);
    const lease = rig.lease(holder('a', { pid: 2 }));
    await expect(lease.acquire(never)).rejects.toThrow('this version of longshore cannot read');
  },
);

test('lease: one that was deleted leaves nothing to wait for', async () => {
  const rig = await openKilled();
  await rig.storage.deleteObject(REF, { signal: never });
  expect(await taking(rig, rig.lease(holder('b')))).toBe(0);
});
