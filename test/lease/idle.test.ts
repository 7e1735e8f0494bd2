import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { type Holder, newDocument } from '../../src/lease/document.js';
import { LeaseHeldError, LeaseLostError } from '../../src/lease/errors.js';
import { judge } from '../../src/lease/judge.js';
import type { Lease } from '../../src/lease/lease.js';
import { thisHolder } from '../../src/lease/this-holder.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { eventually } from '../world/eventually.js';
import { holder, MINUTE, moving, openRig, PERIOD } from './rig.js';

const never = NEVER_ABORTED;
const HERE = { reachedOnlyHere: () => true };

/** A rig that counts what is written. */
async function openCounted() {
  let puts = 0;
  const rig = await openRig((backend) => ({
    ...backend,
    putObject(...args) {
      puts += 1;
      return backend.putObject(...args);
    },
  }));
  return { ...rig, puts: () => puts };
}

async function refusal(lease: Lease): Promise<LeaseHeldError> {
  const error: unknown = await lease.acquire(never).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LeaseHeldError);
  return error as LeaseHeldError;
}

/** /proc/PID/stat, proc(5): the state and the start time of a process of this system. */
function statOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Another mirror's holder on this system, in a process of its own that really runs. */
async function otherProcess() {
  const child = spawn('sleep', ['600']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const { pid } = child;
  if (pid === undefined) throw new Error('no process could be started');
  const self = await thisHolder('/', 'this');
  const other: Holder = {
    ...self,
    pid,
    startTicks: statOf(pid)[19] ?? null,
    instance: 'other',
    stateIdentity: 'other',
  };
  return {
    self,
    other,
    stop: async () => {
      child.kill('SIGSTOP');
      await eventually(() => expect(statOf(pid)[0]).toBe('T'));
    },
    async kill() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('idle lease: is held for an hour without a renewal where only this machine reaches the target', async () => {
  const { lease, clock, puts } = await openCounted();
  const idle = lease(holder('a'), HERE);
  await idle.acquire(never);
  expect(puts()).toBe(1);
  await clock.advance(60 * MINUTE);
  expect(puts()).toBe(1);
  expect(idle.status()).toMatchObject({ held: true, renewsWhenUsed: true });
});

test('idle lease: is renewed regularly where other machines may reach the target', async () => {
  const { lease, clock, puts, document } = await openCounted();
  const idle = lease(holder('a'), { reachedOnlyHere: () => false });
  await idle.acquire(never);
  await clock.advance(60 * MINUTE);
  expect(puts()).toBe(31);
  expect(await document()).not.toHaveProperty('renewsWhenUsed');
});

test.each([
  ['boot', { bootId: null }],
  ['process', { startTicks: null }],
])(
  'idle lease: is renewed regularly where the system does not identify a %s',
  async (_, unknown) => {
    const { lease, clock, puts } = await openCounted();
    await lease(holder('a', unknown), HERE).acquire(never);
    await clock.advance(60 * MINUTE);
    expect(puts()).toBe(31);
  },
);

test('idle lease: the first write after a skipped renewal renews first, however recent the last renewal is', async () => {
  const { lease, clock, puts } = await openCounted();
  const idle = lease(holder('a'), HERE);
  await idle.acquire(never);
  expect(idle.hold(never)).toBeUndefined();
  await clock.advance(2 * MINUTE);
  expect(puts()).toBe(2); // something was written meanwhile
  await clock.advance(2 * MINUTE);
  const holding = idle.hold(never);
  expect(holding).toBeInstanceOf(Promise);
  await moving(clock, Promise.resolve(holding));
  expect(puts()).toBe(3);
  expect(idle.hold(never)).toBeUndefined();
});

test('idle lease: permits no write after another process took it', async () => {
  const { lease, clock } = await openCounted();
  const idle = lease(holder('a'), HERE);
  await idle.acquire(never);
  await clock.advance(4 * MINUTE);
  await lease(holder('b'), { ...HERE, takeOver: true }).acquire(never);
  await expect(Promise.resolve(idle.hold(never))).rejects.toThrow(LeaseLostError);
});

test('idle lease: is renewed regularly while it is used', async () => {
  const { lease, clock, puts } = await openCounted();
  const busy = lease(holder('a'), HERE);
  await busy.acquire(never);
  for (let minute = 0; minute < 60; minute += 1) {
    expect(busy.hold(never)).toBeUndefined();
    await clock.advance(MINUTE);
  }
  expect(puts()).toBe(31);
});

test('idle lease: stays with its holder while the process runs, and is free when it has ended', async () => {
  const { lease, clock } = await openRig();
  const { self, other, kill } = await otherProcess();
  await lease(other, HERE).acquire(never);
  const waiting = lease(self, HERE);
  for (let times = 0; times < 10; times += 1) {
    const error = await refusal(waiting);
    expect(error.remainingMs).toBe(Number.POSITIVE_INFINITY);
    expect(error.message).toMatch(
      /keeps the place until its process ends.* \(its last renewal was at .*\); or take it$/,
    );
    await clock.advance(PERIOD);
  }
  await kill();
  expect(await waiting.acquire(never)).toMatchObject({ wasOthers: true });
});

test('idle lease: is taken over from a stopped process after a whole period', async () => {
  const { lease, clock } = await openRig();
  const { self, other, stop } = await otherProcess();
  await lease(other, HERE).acquire(never);
  await stop();
  const waiting = lease(self, HERE);
  expect((await refusal(waiting)).remainingMs).toBe(PERIOD);
  await clock.advance(PERIOD);
  expect(await waiting.acquire(never)).toMatchObject({ wasOthers: true });
});

const self = await thisHolder('/', 'self');
const stranger = holder('x');
const elsewhere: Holder = {
  ...self,
  instance: 'other',
  stateIdentity: 'other',
  pidNamespace: 'of a container',
};
const dead: Holder = { ...self, instance: 'other', stateIdentity: 'other', startTicks: '1' };
const alive: Holder = { ...self, instance: 'other', stateIdentity: 'other' };
const restarted: Holder = { ...self, machine: 'm', bootId: 'before' };
const forever = Number.POSITIVE_INFINITY;

/** Who holds it; whether it renews only when used; whether only the finder's system reaches the place; whether a rival was seen to live. */
const STANDINGS: [string, Holder, boolean, boolean, boolean, number][] = [
  ['a living process', alive, true, true, false, forever],
  ['a living process that always renews', alive, false, true, false, PERIOD],
  ['a living process that was seen to live', alive, true, true, true, forever],
  ['a dead process', dead, true, true, false, 0],
  ['a dead process that was seen to live', dead, true, true, true, 0],
  [
    'a dead process that was seen to live, of a place that others reach',
    dead,
    true,
    false,
    true,
    forever,
  ],
  ['a process of another container', elsewhere, true, true, false, forever],
  ['a process of another container that always renews', elsewhere, false, true, false, PERIOD],
  ['another machine whose disk was moved here', stranger, true, true, false, PERIOD],
  ['another machine whose disk is reached over a network', stranger, true, false, false, forever],
  ['another machine that always renews', stranger, false, false, false, PERIOD],
  ['this mirror before a restart', restarted, true, true, false, PERIOD * 0.3],
  [
    'this mirror before a restart, of a place that others reach',
    restarted,
    true,
    false,
    false,
    PERIOD * 0.3,
  ],
];

test.each(STANDINGS)(
  'lease: the wait for %s is as long as its silence proves something',
  async (_, of, whenUsed, reachedOnlyHere, rivalLives, waitMs) => {
    const found = newDocument(
      {
        mirror: 'm',
        holder: of,
        fence: 1,
        periodMs: PERIOD,
        ...(whenUsed && { renewsWhenUsed: true }),
      },
      0,
    );
    const standing = await judge(found, {
      self: { ...self, machine: 'm' },
      periodMs: PERIOD,
      rivalLives,
      reachedOnlyHere,
    });
    expect(standing.free ? 0 : standing.silenceMs).toBe(waitMs);
  },
);
