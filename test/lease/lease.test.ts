import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { StorageError, TargetFullError, TargetUnavailableError } from '../../src/drivers/errors.js';
import { LeaseHeldError, LeaseLostError, LeaseUnavailableError } from '../../src/lease/errors.js';
import type { Lease } from '../../src/lease/lease.js';
import { thisHolder } from '../../src/lease/this-holder.js';
import { silentLogger } from '../../src/log.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { holder, MINUTE, moving, openRig, PERIOD, REF } from './rig.js';

const never = NEVER_ABORTED;

const down = () => new TargetUnavailableError('down', { driver: 'memory', retry: 'backoff' });

async function refused(lease: Lease): Promise<LeaseHeldError> {
  const error = await lease.acquire(never).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LeaseHeldError);
  return error as LeaseHeldError;
}

async function lostBy(lease: Lease): Promise<unknown> {
  return Promise.resolve(lease.hold(never)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

/** A rig with a lease that is held: the `first`. */
async function openHeld() {
  const rig = await openRig();
  let aheadMs = 0;
  const first = rig.lease(holder('a'), {
    clock: { ...rig.clock, now: () => rig.clock.now() + aheadMs },
  });
  await first.acquire(never);
  return {
    ...rig,
    first,
    /** Moves its wall clock, and no other. */
    setAhead(ms: number) {
      aheadMs = ms;
    },
    /** Its timers never run again, and what it wrote lies there as it was. */
    async kill() {
      const left = JSON.stringify(await rig.document());
      await first.release();
      await rig.put(left);
    },
  };
}

function expectHeld(lease: Lease): void {
  expect(lease.hold(never)).toBeUndefined();
  expect(lease.status()).toMatchObject({ held: true, fence: 1 });
}

test('lease: the refusal names the holder, since when it holds, and what to do', async () => {
  const { lease, clock } = await openRig();
  await lease(holder('web1')).acquire(never);
  await clock.advance(3 * MINUTE);
  const error = await refused(lease(holder('web2')));
  expect(error.message).toBe(
    't:c/p/ is mirrored to by mirror m on host web1 (pid 1, state /state/of/web1), since 2023-11-14T22:13:20.000Z. Two must not mirror to one place: stop one of them, or give it another prefix. After 600 s of silence it counts as gone (600 s of that are to come; its last renewal was at 2023-11-14T22:15:20.000Z by its own clock); or take it',
  );
});

test('lease: is never taken over while it is renewed', async () => {
  const { lease, clock } = await openRig();
  await lease(holder('a')).acquire(never);
  const second = lease(holder('b'));
  for (let at = 0; at < 100; at += 1) {
    await refused(second);
    await clock.advance(MINUTE);
  }
});

test('lease: is taken over from a killed holder after a whole period of silence by the clock of the taker', async () => {
  const { kill, lease, clock, document } = await openHeld();
  await kill();
  const second = lease(holder('b'));
  await refused(second);
  await clock.advance(PERIOD - 1);
  expect((await refused(second)).remainingMs).toBe(1);
  await clock.advance(1);
  expect(await second.acquire(never)).toMatchObject({ wasOthers: true, wasThere: true });
  expect(await document()).toMatchObject({ fence: 2, holder: { host: 'b' } });
});

test('lease: is free at once after a release, and its fence grows', async () => {
  const { lease, document } = await openRig();
  const first = lease(holder('a'));
  expect(await first.acquire(never)).toMatchObject({ wasOthers: false, wasThere: false });
  await first.release();
  await first.release();
  expect(await document()).toMatchObject({ released: true, fence: 1 });
  expect(first.status()).toMatchObject({ held: false });
  expect(await lease(holder('b')).acquire(never)).toMatchObject({
    wasOthers: true,
    wasThere: true,
  });
  expect(await document()).toMatchObject({ released: false, fence: 2 });
});

test('lease: is released at once while a renewal has no answer, also when the renewal has arrived', async () => {
  for (const fault of ['hang', 'no answer'] as const) {
    const { first, clock, faults, document } = await openHeld();
    faults.next('putObject', fault);
    await clock.advance(2 * MINUTE);
    await first.release();
    faults.assertUsedUp();
    expect(await document()).toMatchObject({
      released: true,
      fence: 1,
      renewal: fault === 'hang' ? 1 : 2,
    });
    expect(first.status()).toMatchObject({ held: false });
  }
});

test('lease: is not released when another process has taken it meanwhile', async () => {
  const { first, clock, faults, lease, document } = await openHeld();
  faults.next('putObject', 'hang');
  await clock.advance(2 * MINUTE);
  await lease(holder('b'), { takeOver: true }).acquire(never);
  await first.release();
  expect(await document()).toMatchObject({ released: false, holder: { host: 'b' } });
});

test('lease: is held by one of ten processes that want it at the same moment', async () => {
  const { lease } = await openRig();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, at) => lease(holder(`h${at}`)).acquire(never)),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LeaseHeldError);
});

test('lease: is taken back at once by the same state on the same running system', async () => {
  const { lease } = await openRig();
  await lease(holder('a')).acquire(never);
  expect(await lease(holder('a', { pid: 2, startTicks: '2' })).acquire(never)).toMatchObject({
    wasOthers: false,
    wasThere: true,
  });
});

test('lease: is taken over at once on the same running system when its process is dead', async () => {
  const { lease } = await openRig();
  const self = await thisHolder('/', 'i');
  await lease({ ...self, startTicks: '1', stateIdentity: 'other', instance: 'other' }).acquire(
    never,
  );
  const second = lease({ ...self, instance: 'second' });
  expect(await second.acquire(never)).toMatchObject({ wasOthers: true, wasThere: true });
  await refused(lease({ ...self, instance: 'third', stateIdentity: 'third' }));
});

test('lease: is taken back three minutes after a restart of the machine', async () => {
  const { kill, lease, clock } = await openHeld();
  await kill();
  const again = lease(holder('a', { bootId: 'another boot' }));
  expect((await refused(again)).relation).toBe('restarted');
  await clock.advance(3 * MINUTE);
  expect(await again.acquire(never)).toMatchObject({ wasOthers: false, wasThere: true });
});

test('lease: a copy of the machine recognises the original by its renewals', async () => {
  const { lease, clock } = await openRig();
  const original = lease(holder('a'));
  await original.acquire(never);
  await clock.advance(MINUTE);
  const clone = lease(holder('a', { bootId: 'another boot' }));
  expect((await refused(clone)).relation).toBe('restarted');
  await clock.advance(2 * MINUTE);
  const error = await refused(clone);
  expect(error.relation).toBe('copy');
  expect(error.message).toContain("a copy of this mirror's state");
  await clock.advance(100 * MINUTE);
  await refused(clone);
  expect(original.status()).toMatchObject({ held: true, fence: 1 });
});

test('lease: a state that was copied to another machine is reported at once', async () => {
  const { lease } = await openRig();
  await lease(holder('a')).acquire(never);
  expect((await refused(lease(holder('b', { instance: 'instance of a' })))).relation).toBe('copy');
});

test('lease: --take-over takes it at once; the former holder writes nothing from its next renewal on', async () => {
  const { first, lease, clock } = await openHeld();
  const lost = first.whenLost(never);
  lost.catch(() => {});
  expect(await lease(holder('b'), { takeOver: true }).acquire(never)).toMatchObject({
    wasOthers: true,
    wasThere: true,
  });
  await clock.advance(2 * MINUTE);
  await expect(lost).rejects.toThrow(LeaseLostError);
  expect(await lostBy(first)).toBeInstanceOf(LeaseLostError);
  // It does not take it back by itself, however alike the two are.
  await refused(first);
});

test('lease: --take-over takes it once, and not again from a later holder', async () => {
  const { lease, clock } = await openRig();
  const first = lease(holder('a'), { takeOver: true });
  await first.acquire(never);
  await lease(holder('b'), { takeOver: true }).acquire(never);
  await clock.advance(2 * MINUTE);
  expect(await lostBy(first)).toBeInstanceOf(LeaseLostError);
  await refused(first);
});

test('lease: is held as before after it was lost and taken again', async () => {
  const { first, lease, clock } = await openHeld();
  const second = lease(holder('b'), { takeOver: true });
  await second.acquire(never);
  await clock.advance(2 * MINUTE);
  expect(await lostBy(first)).toBeInstanceOf(LeaseLostError);
  await second.release();
  await first.acquire(never);
  const lost = first.whenLost(never).catch((error: unknown) => error);
  await clock.advance(2 * PERIOD);
  expect(first.hold(never)).toBeUndefined();
  expect(first.status()).toMatchObject({ held: true, fence: 3 });
  expect(await Promise.race([lost, 'not lost'])).toBe('not lost');
});

test('lease: a machine that slept renews before its next write, and continues when no other process took it', async () => {
  const { first, setAhead, faults } = await openHeld();
  expect(first.hold(never)).toBeUndefined();
  setAhead(60 * MINUTE); // the monotonic clock knows nothing of the sleep
  const puts = faults.calls.filter((call) => call === 'putObject').length;
  await first.hold(never);
  expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(puts + 1);
  expect(first.hold(never)).toBeUndefined();
});

test('lease: permits no write to a machine that slept while another one took over', async () => {
  const { first, setAhead, lease } = await openHeld();
  await lease(holder('b'), { takeOver: true }).acquire(never);
  setAhead(60 * MINUTE);
  expect(await lostBy(first)).toBeInstanceOf(LeaseLostError);
});

test('lease: does not last longer when the wall clock is set back', async () => {
  const { first, setAhead, clock, faults } = await openHeld();
  setAhead(-24 * 60 * MINUTE);
  for (let times = 0; times < 100; times += 1) faults.next('putObject', down());
  await clock.advance(PERIOD);
  expect(await lostBy(first)).toBeInstanceOf(TargetUnavailableError);
});

test('lease: is not trusted for longer than others wait while the provider is away', async () => {
  const { first, clock, faults } = await openHeld();
  for (let times = 0; times < 6; times += 1) faults.next('putObject', down());
  await clock.advance(8 * MINUTE - 1);
  expect(first.hold(never)).toBeUndefined();
  await clock.advance(1);
  expect(await lostBy(first)).toBeInstanceOf(TargetUnavailableError);
  await clock.advance(6 * MINUTE);
  faults.assertUsedUp();
  expectHeld(first);
});

test('lease: consecutive failed renewals are logged once', async () => {
  const { lease, clock, faults } = await openRig();
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
  await lease(holder('a'), { log }).acquire(never);
  for (const outage of [1, 2]) {
    for (let times = 0; times < 3; times += 1) faults.next('putObject', down());
    await clock.advance(4 * 2 * MINUTE);
    expect(warnings).toEqual(Array.from({ length: outage }, () => 'lease renewal failed'));
  }
  faults.assertUsedUp();
});

test('lease: recognises its own renewal whose answer was lost', async () => {
  const { first, clock, faults } = await openHeld();
  faults.next('putObject', { lost: down() });
  await clock.advance(20 * MINUTE);
  faults.assertUsedUp();
  expectHeld(first);
});

test('lease: a renewal without an answer counts from when it was sent', async () => {
  const { first, lease, clock, faults } = await openHeld();
  faults.next('putObject', { lost: down() });
  await clock.advance(2 * MINUTE);
  // The next ones never arrive, nor does anything that would put the lost one right.
  const second = lease(holder('b'));
  await refused(second);
  for (let times = 0; times < 2; times += 1) faults.next('putObject', down());
  await clock.advance(4 * MINUTE);
  faults.next('putObject', undefined); // refused: it has the etag of before the lost one
  for (let times = 0; times < 100; times += 1) faults.next('putObject', down());
  await clock.advance(2 * MINUTE);
  expect(await lostBy(first)).toBeInstanceOf(TargetUnavailableError);
});

test('lease: recognises its take-over whose answer was lost at the next read', async () => {
  const { lease, faults, document } = await openRig();
  const first = lease(holder('a'));
  faults.next('putObject', { lost: down() });
  await expect(first.acquire(never)).rejects.toThrow('down');
  expect(first.status()).toMatchObject({ held: false });
  await first.acquire(never);
  expect(first.hold(never)).toBeUndefined();
  expect(await document()).toMatchObject({ fence: 1 });
});

test('lease: a deleted lease object is written again, unless another process was faster', async () => {
  const { first, lease, clock, storage, document } = await openHeld();
  await storage.deleteObject(REF, { signal: never });
  await clock.advance(2 * MINUTE);
  expect(await document()).toMatchObject({ holder: { host: 'a' }, fence: 1 });
  await storage.deleteObject(REF, { signal: never });
  await lease(holder('b')).acquire(never);
  await clock.advance(2 * MINUTE);
  expect(await lostBy(first)).toBeInstanceOf(LeaseLostError);
});

test.each(['', 'not a lease', '{}', '{"format":"longshore lease","version":2}', 'null', '[1]'])(
  'lease: an unreadable lease object (%j) is respected for a period',
  async (text) => {
    const { lease, clock, put } = await openRig();
    await put(text);
    const first = lease(holder('a'));
    expect((await refused(first)).message).toContain('cannot read');
    await clock.advance(PERIOD);
    await first.acquire(never);
    expect(first.status()).toMatchObject({ held: true, fence: 1 });
  },
);

test('lease: its document holds neither the machine id nor a secret', async () => {
  const { lease, document } = await openRig();
  const self = await thisHolder('/', 'i');
  await lease(self).acquire(never);
  const text = JSON.stringify(await document());
  expect(text).toContain(self.host);
  if (existsSync('/etc/machine-id'))
    expect(text).not.toContain(readFileSync('/etc/machine-id', 'utf8').trim() || 'no id');
});

test('lease: a call without an answer is no renewal, and does not block a release', async () => {
  const { first, clock, faults } = await openHeld();
  faults.next('putObject', 'hang');
  await clock.advance(2 * MINUTE);
  faults.next('putObject', 'hang');
  await moving(clock, first.release());
  faults.assertUsedUp();
});

test('lease: an error of the provider rejects acquire unchanged', async () => {
  const { lease, faults } = await openRig();
  faults.next('putObject', new StorageError('quota', { driver: 'memory' }));
  await expect(lease(holder('a')).acquire(never)).rejects.toThrow('quota');
});

test('lease: without conditional writes the last of two writers has it, and both know', async () => {
  const { lease, clock } = await openRig((backend) => ({
    ...backend,
    capabilities: { ...backend.capabilities, preconditions: [] },
  }));
  const [a, b] = [lease(holder('a')), lease(holder('b'))];
  const both = await moving(clock, Promise.allSettled([a.acquire(never), b.acquire(never)]));
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const [winner, loser] = a.status()?.held ? [a, b] : [b, a];
  await refused(loser);
  await clock.advance(30 * MINUTE);
  expect(winner.hold(never)).toBeUndefined();
  await refused(loser);
  const third = lease(holder('c'), { takeOver: true });
  await moving(clock, third.acquire(never));
  await clock.advance(2 * MINUTE);
  expect(await lostBy(winner)).toBeInstanceOf(LeaseLostError);
});

const full = () => new TargetFullError('no room', { driver: 'memory' });

test('lease: in a full target it counts for a few seconds after each read that finds it, and is lost to another holder', async () => {
  const { first, clock, faults, lease, put, document } = await openHeld();
  for (let times = 0; times < 20; times += 1) faults.next('putObject', full());
  await clock.advance(0.8 * PERIOD);
  await moving(clock, Promise.resolve(first.hold(never)));
  expect(first.hold(never)).toBeUndefined();
  await clock.advance(10_000);
  const looking = first.hold(never);
  expect(looking).toBeInstanceOf(Promise);
  await moving(clock, Promise.resolve(looking));
  await clock.advance(10_000);
  await put(JSON.stringify({ ...(await document()), session: 'of another' }));
  expect(await lostBy(first)).toBeInstanceOf(LeaseLostError);
  expect(lease(holder('b')).status()).toMatchObject({ held: false });
});

test('lease: in a full target the lease that may be replaced is deleted first', async () => {
  const { lease, faults, storage, document } = await openRig();
  const before = lease(holder('a'));
  await before.acquire(never);
  await before.release();
  faults.next('putObject', full());
  await lease(holder('b')).acquire(never);
  expect(await document()).toMatchObject({ holder: { host: 'b' }, fence: 2 });
  expect((await storage.listObjects(REF.container, '', {}, { signal: never })).items).toHaveLength(
    1,
  );
});

test('lease: a refused renewal rejects with an error of the lease, an outage with one of the target', async () => {
  const { first, clock, faults } = await openHeld();
  for (let times = 0; times < 20; times += 1)
    faults.next('putObject', new StorageError('412', { driver: 'memory' }));
  await clock.advance(PERIOD);
  expect(await lostBy(first)).toBeInstanceOf(LeaseUnavailableError);
  for (let times = 0; times < 40; times += 1) faults.next('putObject', down());
  for (let times = 0; times < 20; times += 1) await lostBy(first);
  expect(await lostBy(first)).toBeInstanceOf(TargetUnavailableError);
});

test('lease: is lost when the target goes back to an older state, and is taken again at once', async () => {
  const { first, clock, document, put } = await openHeld();
  await clock.advance(4 * MINUTE);
  const older = JSON.stringify(await document());
  await clock.advance(4 * MINUTE);
  await put(older);
  await clock.advance(2 * MINUTE);
  const error = await lostBy(first);
  expect(error).toBeInstanceOf(LeaseLostError);
  expect(String(error)).toMatch(/went back to an older state/);
  expect(await first.acquire(never)).toMatchObject({ wasOthers: false, wasThere: true });
  await moving(clock, Promise.resolve(first.hold(never)));
  expect(await document()).toMatchObject({ fence: 1, renewal: 3, released: false });
});

const withoutConditions = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, preconditions: [] },
});

test.each([
  ['with conditional writes', undefined],
  ['without conditional writes', withoutConditions],
])(
  'lease: %s it is lost when the target goes back to before it was taken, and is taken again',
  async (_, change) => {
    const { lease, clock, document, put } = await openRig(change);
    const before = lease(holder('a'));
    await moving(clock, before.acquire(never));
    await moving(clock, before.release());
    const older = JSON.stringify(await document());
    const held = lease(holder('a'));
    await moving(clock, held.acquire(never));
    await put(older);
    await clock.advance(3 * MINUTE);
    const error = await moving(clock, lostBy(held));
    expect(String(error)).toMatch(/went back to an older state/);
    await moving(clock, held.acquire(never));
    expect(await document()).toMatchObject({ fence: 2, released: false });
  },
);

test('lease: without conditional writes an earlier renewal counts at the second read only', async () => {
  const { lease, clock, document, put } = await openRig(withoutConditions);
  const held = lease(holder('a'));
  await moving(clock, held.acquire(never));
  const older = JSON.stringify(await document());
  await clock.advance(4 * MINUTE);
  const newer = JSON.stringify(await document());
  await put(older);
  await clock.advance(2 * MINUTE - 1_000);
  await put(newer); // an old answer of the provider, followed by the right one
  await clock.advance(4 * MINUTE);
  await moving(clock, Promise.resolve(held.hold(never)));
  await put(older);
  await clock.advance(3 * MINUTE);
  expect(String(await moving(clock, lostBy(held)))).toMatch(/went back to an older state/);
});

test('lease: names the uploads of its holder as of the last renewal, and hands them to the next one', async () => {
  const upload = (key: string) => ({ driver: 'memory', key, opaque: `id of ${key}`, beganAtMs: 1 });
  const { lease, clock, document, put } = await openRig();
  let uploads = [upload('p/a')];
  const first = lease(holder('a'), { uploads: () => uploads });
  expect(await first.acquire(never)).not.toHaveProperty('leftUploads');
  expect(await document()).toMatchObject({ uploads });
  uploads = [upload('p/b'), upload('p/c')];
  await clock.advance(PERIOD / 5);
  expect(await document()).toMatchObject({ uploads });
  uploads = [];
  await clock.advance(PERIOD / 5);
  expect(await document()).not.toHaveProperty('uploads');

  const left = { ...(await document()), uploads: [upload('p/d'), { key: 'p/e' }, 7, null] };
  await first.release();
  await put(JSON.stringify(left));
  const other = lease(holder('b'), { takeOver: true });
  expect(await other.acquire(never)).toMatchObject({
    wasOthers: true,
    leftUploads: [upload('p/d')],
  });
  expect(await document()).not.toHaveProperty('uploads');
  await other.release();
});

test('lease: names no more than 100 uploads, the newest of them', async () => {
  const uploads = Array.from({ length: 150 }, (_, at) => ({
    driver: 'memory',
    key: `p/${at}`,
    opaque: `${at}`,
    beganAtMs: at,
  }));
  const { lease, document } = await openRig();
  const first = lease(holder('a'), { uploads: () => uploads });
  await first.acquire(never);
  expect((await document())['uploads']).toEqual(uploads.slice(50));
  await first.release();
});
