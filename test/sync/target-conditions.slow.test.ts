import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { ObjectAccessDeniedError, TargetFullError } from '../../src/drivers/errors.js';
import { LeaseUnavailableError } from '../../src/lease/errors.js';
import { keepMirrored } from '../../src/sync/mirror/keep-mirrored.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const DAEMON = { backoff: { firstMs: 1, limitMs: 5 }, attempts: 2, keepsTrying: true };
const ONCE = { ...DAEMON, keepsTrying: false };
const full = () => new TargetFullError('the disk is full', { driver: 'memory' });

/** Storage of so many bytes; what is freed can be used again. */
function small(limit: { bytes: number }): (backend: Backend) => Backend {
  const sizes = new Map<string, number>();
  const used = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return (backend) => ({
    ...backend,
    capabilities: { ...backend.capabilities, batchDelete: undefined, batchPut: undefined },
    async putObject(ref, body, options, call) {
      const others = used() - (sizes.get(ref.key) ?? 0);
      if (others + (body.size ?? 0) > limit.bytes) throw full();
      sizes.set(ref.key, body.size ?? 0);
      return backend.putObject(ref, body, options, call);
    },
    async deleteObject(ref, call) {
      sizes.delete(ref.key);
      await backend.deleteObject(ref, call);
    },
  });
}

function denying(isDenied: (key: string) => boolean): (backend: Backend) => Backend {
  return (backend) => ({
    ...backend,
    capabilities: { ...backend.capabilities, batchPut: undefined },
    async putObject(ref, ...rest) {
      if (isDenied(ref.key))
        throw new ObjectAccessDeniedError(ref.key, 'was refused: 403', { driver: 'memory' });
      return backend.putObject(ref, ...rest);
    },
  });
}

describe('full target', () => {
  test('daemon: a file that does not fit waits without failing, smaller files and deletes go on, and it is sent when there is space', async () => {
    const limit = { bytes: 1_000 };
    const { mirror, write, remove, stop, events, objects } = await openMirrorFixture({
      wrap: small(limit),
      persistence: DAEMON,
      mirror: { watch: 'directories' },
    });
    write('old', Buffer.alloc(800));
    const kept = keepMirrored(mirror, () => {});
    await expect.poll(async () => Object.keys(await objects())).toEqual(['p/old']);
    write('large', Buffer.alloc(700));
    await expect
      .poll(() => mirror.status(null))
      .toMatchObject({ state: 'target-full', why: 'the disk is full', quarantined: [] });
    expect(mirror.status(null).lagSeconds).not.toBe(0);
    write('small', Buffer.alloc(100));
    await expect.poll(async () => Object.keys(await objects())).toEqual(['p/old', 'p/small']);
    expect(mirror.status(null).state).toBe('target-full');
    remove('old');
    await expect.poll(async () => Object.keys(await objects())).toEqual(['p/large', 'p/small']);
    await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'in-sync', lagSeconds: 0 });
    write('larger', Buffer.alloc(900));
    await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'target-full' });
    limit.bytes = 2_000;
    await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'in-sync', lagSeconds: 0 });
    expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
    stop();
    await kept.ended;
  });

  test('one run: its deletes make space for its uploads', async () => {
    const { run, write, remove, objects } = await openMirrorFixture({
      wrap: small({ bytes: 1_000 }),
      persistence: ONCE,
    });
    write('old', Buffer.alloc(800));
    await run('reconcile');
    write('new', Buffer.alloc(900)); // before, or it may get the inode of the other, as a renamed file has
    remove('old');
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 1, failed: 0 });
    expect(Object.keys(await objects())).toEqual(['p/new']);
  });

  test('one run: ends with the condition when no delete makes space, and quarantines no object', async () => {
    const { mirror, run, write, remove, events, objects } = await openMirrorFixture({
      wrap: small({ bytes: 1_000 }),
      persistence: ONCE,
    });
    write('old', Buffer.alloc(800));
    write('old 2', Buffer.alloc(100));
    await run('reconcile');
    for (let n = 0; n < 20; n += 1) write(`new ${n}`, Buffer.alloc(900));
    remove('old 2');
    await expect(run('scan')).rejects.toThrow(TargetFullError);
    expect(Object.keys(await objects())).toEqual(['p/old']);
    expect(mirror.status(null)).toMatchObject({ state: 'target-full', quarantined: [] });
    expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
  });
});

describe('denied target', () => {
  test('a refusal of each change is a condition of the target, one of a single object its failure', async () => {
    let isDenied = (_key: string) => true;
    const { mirror, run, write, events, objects } = await openMirrorFixture({
      wrap: denying((key) => isDenied(key)),
      persistence: ONCE,
    });
    for (let n = 0; n < 20; n += 1) write(`file ${n}`);
    await expect(run('reconcile')).rejects.toThrow(/the target refuses every change/);
    expect(mirror.status(null)).toMatchObject({ state: 'target-denied', quarantined: [] });
    expect(mirror.status(null).lagSeconds).not.toBe(0);
    expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
    await mirror.parts.queue.whenIdle(); // jobs of the run that ended report the same trouble
    isDenied = (key) => key === 'p/file 7';
    mirror.containerTrouble.over();
    expect((await run('reconcile')).report).toMatchObject({ failed: 1 });
    expect(mirror.status(null)).toMatchObject({
      state: 'failing',
      quarantined: [{ name: 'file 7', reason: 'access-denied' }],
    });
    expect(Object.keys(await objects())).toHaveLength(19);
  });

  test('daemon: waits until changes are let through again, and lists nothing meanwhile', async () => {
    let isDenied = true;
    const { mirror, write, stop, events, faults, objects } = await openMirrorFixture({
      wrap: denying(() => isDenied),
      persistence: DAEMON,
      mirror: { watch: 'directories' },
    });
    write('a');
    const kept = keepMirrored(mirror, () => {});
    await expect.poll(() => mirror.status(null).state).toBe('target-denied');
    await expect
      .poll(() => faults.calls.filter((call) => call === 'putObject').length)
      .toBeGreaterThan(5);
    expect(mirror.status(null)).toMatchObject({ state: 'target-denied', quarantined: [] });
    expect(faults.calls.filter((call) => call === 'listObjects')).toHaveLength(1);
    isDenied = false;
    await expect.poll(async () => Object.keys(await objects())).toEqual(['p/a']);
    await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'in-sync', lagSeconds: 0 });
    expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
    stop();
    await kept.ended;
  });
});

test('lease that cannot be renewed: the mirror waits as lease-lost, no object is quarantined, and it goes on by itself', async () => {
  let isHeld = false;
  const { mirror, write, stop, events, objects } = await openMirrorFixture({
    wrap: (backend) => ({
      ...backend,
      async putObject(...args) {
        if (!isHeld) throw new LeaseUnavailableError('t:c/p/', new Error('412'));
        return backend.putObject(...args);
      },
    }),
    persistence: DAEMON,
    mirror: { watch: 'directories' },
  });
  for (let n = 0; n < 5; n += 1) write(`file ${n}`);
  const kept = keepMirrored(mirror, () => {});
  await expect
    .poll(() => mirror.status(null))
    .toMatchObject({ state: 'lease-lost', quarantined: [] });
  isHeld = true;
  await expect.poll(async () => Object.keys(await objects()).length).toBe(5);
  await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'in-sync', lagSeconds: 0 });
  expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
  stop();
  await kept.ended;
});
