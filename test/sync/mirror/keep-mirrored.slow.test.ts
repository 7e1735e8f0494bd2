import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StorageError } from '../../../src/drivers/errors.js';
import { keepMirrored } from '../../../src/sync/mirror/keep-mirrored.js';
import { RECONCILE } from '../../../src/sync/run.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

test('has not ended before the ledger says what its last run did', async () => {
  const { mirror, write, stop, events } = await openMirrorFixture();
  const { ledger } = mirror.parts;
  const { update } = ledger;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = false;
  write('a');
  const kept = keepMirrored(mirror, () => {});
  let ended = false;
  void kept.ended.then(() => {
    ended = true;
  });
  Object.assign(ledger, {
    async update(change: Parameters<typeof update>[0]) {
      waiting ||= change(ledger.read()).lastReconcile !== undefined;
      if (waiting) await gate;
      await update(change);
    },
  });
  await expect.poll(() => waiting).toBe(true);
  stop();
  await expect.poll(() => kept.watchState()).toBeNull();
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  expect(ended).toBe(false);
  open();
  await kept.ended;
  expect(events.map(({ event }) => event)).toContain('run-finished');
});

const refused = () =>
  new StorageError('the listing makes no sense', { driver: 'memory', retry: 'never' });

test('P1: a refused listing is repeated while the watch goes on', async () => {
  const { mirror, write, stop, events, faults, objects } = await openMirrorFixture({
    mirror: { watch: 'directories' },
  });
  const waits: number[] = [];
  const { clock } = mirror.parts;
  const { sleep } = clock;
  Object.assign(clock, {
    sleep(ms: number, signal?: AbortSignal) {
      waits.push(ms);
      return sleep(ms, signal);
    },
  });
  for (let times = 0; times < 4; times += 1) faults.next('listObjects', refused());
  write('folder/a');
  const kept = keepMirrored(mirror, () => {});
  await expect.poll(() => events.filter(({ event }) => event === 'run-finished').length).toBe(1);
  expect(await objects()).toEqual({ 'p/folder/a': 'folder/a' });
  // Nothing was known to be mirrored before that.
  const states = events.flatMap((event) =>
    event.event === 'state-changed' ? [`${event.state}: ${event.why}`] : [],
  );
  const down = ['scanning: start', 'target-down: the listing makes no sense'];
  expect(states.slice(0, 8)).toEqual([...down, ...down, ...down, ...down]);
  await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'in-sync', why: '' });
  expect(events.filter(({ event }) => event === 'run-started')).toHaveLength(5);
  expect(faults.calls.filter((operation) => operation === 'headContainer')).toHaveLength(1); // begun once
  // Each time later. The watcher's own timers are others.
  expect(waits.filter((ms) => ms >= 10_000 && ms < 300_000 && ms !== 60_000)).toEqual([
    20_000, 40_000, 80_000, 150_000,
  ]);
  stop();
  await kept.ended;
  faults.assertUsedUp();
});

test('P1: while a later reconcile is refused, changes go on being mirrored', async () => {
  const { mirror, write, stop, events, faults, objects } = await openMirrorFixture({
    mirror: { watch: 'directories' },
  });
  write('a');
  const kept = keepMirrored(mirror, () => {});
  await expect.poll(() => events.filter(({ event }) => event === 'run-finished').length).toBe(1);
  let again = () => {};
  const { clock } = mirror.parts;
  const { sleep } = clock;
  const untilTold = new Promise<void>((resolve) => {
    again = resolve;
  });
  Object.assign(clock, {
    sleep: (ms: number, signal?: AbortSignal) => (ms === 10_000 ? untilTold : sleep(ms, signal)),
  });
  faults.next('listObjects', refused());
  kept.requestRun({ ...RECONCILE, why: 'test' });
  await expect
    .poll(() => faults.calls.filter((operation) => operation === 'listObjects').length)
    .toBe(2);
  write('new/b');
  await expect.poll(async () => Object.keys(await objects())).toEqual(['p/a', 'p/new/b']);
  const why = 'a reconcile is refused and tried again: the listing makes no sense';
  await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'failing', why });
  again();
  await expect
    .poll(
      () =>
        events.filter((event) => event.event === 'run-finished' && event.run === 'reconcile')
          .length,
    )
    .toBe(2);
  await expect.poll(() => mirror.status(null)).toMatchObject({ state: 'in-sync', why: '' });
  stop();
  await kept.ended;
});

test('P1: a file that goes away while the first reconcile still finds others is deleted once that is over', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let puts = 0;
  const { mirror, write, remove, stop, objects, events } = await openMirrorFixture({
    mirror: { watch: 'directories' },
    longestWaitMs: 3_600_000,
    batches: false,
    wrap: (backend) => ({
      ...backend,
      async putObject(...args) {
        puts += 1;
        if (puts > 10) await gate;
        return backend.putObject(...args);
      },
    }),
  });
  // More than may wait in the queue: the reconcile cannot come to its end before the gate is open.
  const names = Array.from({ length: 600 }, (_, at) => `f${at}`);
  for (const name of names) write(name);
  const kept = keepMirrored(mirror, () => {});
  await expect.poll(() => mirror.status(null).totals.uploaded).toBe(10);
  const [key = ''] = Object.keys(await objects());
  const gone = key.slice('p/'.length);
  remove(gone);
  const withheld = expect.objectContaining({
    event: 'skipped',
    path: gone,
    reason: 'delete-withheld',
  });
  await expect.poll(() => events).toContainEqual(withheld);
  expect(mirror.parts.ledger.read().reconciled).toBe(false);
  open();
  const left = names.filter((name) => name !== gone).map((name) => `p/${name}`);
  await expect.poll(async () => Object.keys(await objects())).toEqual(left.toSorted());
  stop();
  await kept.ended;
});
