import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { broken } from './mirror-errors.js';

describe('P2: verified', () => {
  test('a checksum that is not that of the bytes sent is tried again, and only the right one is recorded', async () => {
    const { mirror, faults, run, write, objects } = await openMirrorFixture();
    write('a', 'content');
    faults.next('putObject', 'wrong checksum');
    const { report } = await run('scan');
    faults.assertUsedUp();
    expect(report).toMatchObject({ uploaded: 1, failed: 0 });
    expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(2);
    expect(mirror.parts.index.get('a')).toMatchObject({ state: 'confirmed', size: 7 });
    expect(await objects()).toEqual({ 'p/a': 'content' });
  });

  test('at the limit the object is quarantined and never recorded as mirrored; the next run tries again', async () => {
    const { mirror, faults, run, write, events } = await openMirrorFixture();
    write('a');
    write('b');
    for (let attempt = 0; attempt < 4; attempt += 1) faults.next('putObject', 'wrong checksum');
    for (let attempt = 0; attempt < 4; attempt += 1) faults.next('putObject', 'wrong checksum');
    const { report } = await run('scan');
    faults.assertUsedUp();
    expect(report).toMatchObject({ uploaded: 0, failed: 2 });
    expect(mirror.parts.index.get('a')?.state).toBe('sending');
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'failed',
        name: 'a',
        attempt: 4,
        retryInMs: null,
        error: expect.stringContaining('hash'),
      }),
    );
    expect((await run('scan')).report).toMatchObject({ uploaded: 2, failed: 0 });
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
  });

  test('a daemon quarantines it, and goes on trying', async () => {
    let lies = true;
    const lying = (backend: Backend): Backend => ({
      ...backend,
      async putObject(...args) {
        const info = await backend.putObject(...args);
        return lies ? { ...info, checksums: [{ algorithm: 'md5', hex: '0'.repeat(32) }] } : info;
      },
    });
    const { mirror, run, write, events } = await openMirrorFixture({
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 2, keepsTrying: true },
      wrap: lying,
    });
    write('a');
    const { report } = await run('scan');
    expect(report).toMatchObject({ uploaded: 0, failed: 1 });
    const { quarantined } = mirror.status(null);
    expect(quarantined).toEqual([expect.objectContaining({ name: 'a', reason: 'hash-mismatch' })]);
    const states = () =>
      events.flatMap((event) => (event.event === 'state-changed' ? [event.state] : []));
    expect(states()).toContain('failing');
    expect(states()).not.toContain('in-sync');
    lies = false;
    await expect.poll(() => mirror.status(null).quarantined).toEqual([]);
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
    expect(mirror.status(null)).toMatchObject({ quarantined: [], state: 'in-sync', lagSeconds: 0 });
  });
});

test('P2: after a wrong checksum in an answer the object itself is compared, and no byte is sent twice', async () => {
  const { mirror, faults, run, write } = await openMirrorFixture();
  write('a', 'content');
  faults.next('putObject', 'wrong checksum');
  expect((await run('reconcile')).report).toMatchObject({ uploaded: 0, adopted: 1, failed: 0 });
  expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(1);
  expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
});

describe('P5: write-ahead', () => {
  test('the record says sending before the first byte goes out, and confirmed only afterwards', async () => {
    const { mirror, faults, run, write } = await openMirrorFixture();
    write('a');
    faults.next('putObject', broken());
    const states: (string | undefined)[] = [];
    const { index } = mirror.parts;
    const put = index.put;
    Object.assign(index, {
      put: (name: string, record: Parameters<typeof put>[1]) => {
        states.push(
          `${record.state} after ${faults.calls.filter((call) => call === 'putObject').length} puts`,
        );
        return put(name, record);
      },
    });
    await run('reconcile');
    expect(states).toEqual([
      'sending after 0 puts',
      'sending after 1 puts',
      'confirmed after 2 puts',
    ]);
  });

  test('a put whose answer was lost is sent again or adopted, and ends confirmed', async () => {
    const { mirror, faults, run, write, objects } = await openMirrorFixture();
    write('a', 'content');
    faults.next('putObject', { lost: broken() });
    expect((await run('reconcile')).report).toMatchObject({ failed: 0 });
    expect(mirror.parts.index.get('a')?.state).toBe('confirmed');
    expect(await objects()).toEqual({ 'p/a': 'content' });
  });

  test('an object whose upload was never confirmed is deleted when its file is gone', async () => {
    const { mirror, faults, run, write, remove, objects } = await openMirrorFixture({
      persistence: { backoff: { firstMs: 1, limitMs: 1 }, attempts: 1, keepsTrying: false },
    });
    write('kept');
    await run('reconcile');
    write('a');
    faults.next('putObject', { lost: broken('never') });
    expect((await run('scan')).report).toMatchObject({ failed: 1 });
    expect(mirror.parts.index.get('a')?.state).toBe('sending');
    remove('a');
    expect((await run('scan')).report).toMatchObject({ deleted: 1 });
    expect(await objects()).toEqual({ 'p/kept': 'kept' });
    expect(mirror.parts.index.get('a')).toBeUndefined();
  });
});

describe('P8: one bad file never stops the rest', () => {
  test('an object that the provider refuses for good is reported at once, the others are sent', async () => {
    const { faults, run, write } = await openMirrorFixture();
    for (const name of ['a', 'b', 'c']) write(name);
    faults.next('putObject', broken('never'));
    const { report } = await run('reconcile');
    expect(report).toMatchObject({ uploaded: 2, failed: 1 });
    expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(3);
  });
});

describe('rights that are missing', () => {
  test('P8: to one object fail that object, and the others are sent', async () => {
    const { faults, run, write, events } = await openMirrorFixture();
    for (const name of ['a', 'b', 'c']) write(name);
    faults.next(
      'putObject',
      new ObjectAccessDeniedError('p/a', 'was refused: 403', { driver: 'memory' }),
    );
    const { report } = await run('reconcile');
    expect(report).toMatchObject({ uploaded: 2, failed: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'failed',
        error: expect.stringContaining('403'),
        retryInMs: null,
      }),
    );
  });

  test('to a container of the provider’s own (of segments) fail the object', async () => {
    const { faults, run, write } = await openMirrorFixture();
    for (const name of ['a', 'b']) write(name);
    faults.next(
      'putObject',
      new ContainerAccessDeniedError('c_segments', 'was refused: 403', { driver: 'memory' }),
    );
    expect((await run('reconcile')).report).toMatchObject({ uploaded: 1, failed: 1 });
  });
});

describe('a container that is gone, or closed', () => {
  test.each([
    new ContainerDoesNotExistError('c', { driver: 'memory' }),
    new ContainerAccessDeniedError('c', 'was refused: 403', { driver: 'memory' }),
  ])(
    'ends the run of its mirror, not the work of its target; nothing is burnt: %s',
    async (error) => {
      const fixture = await openMirrorFixture({ batches: false });
      const { mirror, faults, run, write, events, objects } = fixture;
      for (let at = 0; at < 20; at += 1) write(`f${at}`);
      faults.next('putObject', error);
      await expect(run('reconcile')).rejects.toBe(error);
      faults.assertUsedUp();
      expect(events.filter(({ event }) => event === 'failed' || event === 'run-finished')).toEqual(
        [],
      );
      expect(mirror.parts.health.trouble).toBeUndefined();
      expect(mirror.parts.ledger.read().lastReconcile).toBeUndefined();
      await mirror.parts.queue.whenIdle(); // jobs of the run that ended report the same trouble
      mirror.containerTrouble.over();
      expect((await run('reconcile')).report).toMatchObject({ failed: 0 });
      expect(Object.keys(await objects())).toHaveLength(20);
    },
  );
});

describe('a target that is down', () => {
  test.each([
    [
      'unreachable',
      new TargetUnavailableError('connection refused', { driver: 'memory', retry: 'backoff' }),
    ],
    ['refusing the credentials', new InvalidCredentialsError('403', { driver: 'memory' })],
  ])(
    '%s: its work waits, no attempt is burnt, and all is sent when it is back',
    async (_what, error) => {
      const { mirror, faults, run, write, events } = await openMirrorFixture({ batches: false });
      for (let at = 0; at < 20; at += 1) write(`f${at}`);
      for (let times = 0; times < 6; times += 1) faults.next('putObject', error);
      faults.next('headContainer', error);
      faults.next('headContainer', error);
      const { report } = await run('reconcile');
      faults.assertUsedUp();
      expect(report).toMatchObject({ uploaded: 20, failed: 0 });
      expect(events.filter(({ event }) => event === 'failed')).toEqual([]);
      expect(mirror.parts.health.trouble).toBeUndefined();
    },
  );

  test('a listing that fails ends the run, and nothing is deleted', async () => {
    const { faults, run, write, remove, objects } = await openMirrorFixture();
    write('a');
    write('b');
    await run('reconcile');
    remove('a');
    faults.next('listObjects', broken('never'));
    await expect(run('reconcile')).rejects.toThrow('503 from the provider');
    expect(Object.keys(await objects())).toEqual(['p/a', 'p/b']);
  });
});
