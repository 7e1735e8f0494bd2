import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Config } from '../../src/config/config.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { findDriver } from '../../src/drivers/registry/registry.js';
import { createLifecycle } from '../../src/lifecycle.js';
import { silentLogger } from '../../src/log.js';
import { planReload } from '../../src/reload/plan.js';
import { createRunningMirrors } from '../../src/running-mirrors.js';
import { openRuntime } from '../../src/runtime.js';
import type { SyncEvent } from '../../src/sync/events.js';
import { systemWorld } from '../../src/system-world.js';
import { eventually } from '../world/eventually.js';
import { temporaryFolder } from '../world/folder.js';
import { configOf, mirrorOf, placeOf, targetOf } from './configurations.js';

/** Mirrors `a`, `b` and `c` in memory, which run as in a daemon. */
async function rig() {
  const folder = temporaryFolder('reload');
  const storage = memoryBackend();
  const mirror = (name: string) => {
    const source = join(folder, name);
    mkdirSync(source, { recursive: true });
    return mirrorOf({ name, source, container: name, settleMs: 20 });
  };
  const target = targetOf({ driver: 'memory', settings: {} });
  const before = configOf({
    stateFolder: join(folder, 'state'),
    targets: [target],
    mirrors: ['a', 'b', 'c'].map(mirror),
  });
  const events: SyncEvent[] = [];
  const stop = new AbortController();
  const clock = systemClock;
  const lifecycle = createLifecycle({ clock, deadlineMs: 30_000 });
  const failed: unknown[] = [];
  const opened: string[] = [];
  const world = {
    ...systemWorld({ clock, env: {}, log: silentLogger }),
    findDriver: (name: string) => ({
      ...findDriver('memory'),
      open: async (settings: unknown) => {
        if (name === 'broken') throw new Error('no such storage');
        opened.push(JSON.stringify(settings));
        return storage;
      },
    }),
  };
  const runtime = await openRuntime({
    config: before,
    world,
    lifecycle,
    mirrors: [],
    mode: {
      dryRun: false,
      takeOver: false,
      pausable: true,
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 4, keepsTrying: true },
      patienceMs: Number.POSITIVE_INFINITY,
      giveUp: () => {},
    },
    observe: (event) => events.push(event),
    signals: { drain: stop.signal, interrupt: stop.signal },
  });
  const running = createRunningMirrors({
    drain: stop.signal,
    clock,
    log: silentLogger,
    drainMs: () => 10_000,
    failed: (error) => failed.push(error),
  });
  running.start(runtime.mirrors, () => {});
  onTestFinished(async () => {
    stop.abort(new Error('the test ends'));
    await running.ended();
    await runtime.stop();
    await lifecycle.close();
    expect(failed).toEqual([]);
  });
  const change = async (config: Config, from = before) => {
    const plan = planReload(from, config, placeOf);
    const prepared = await runtime.prepare({ config, plan });
    running.begin(await prepared.carryOut(running.end));
  };
  const has = (container: string, key: string) =>
    storage.headObject({ container, key }, { signal: stop.signal }).then(
      () => true,
      () => false,
    );
  const write = (name: string, file: string) => writeFileSync(join(folder, name, file), file);
  const scans = (name: string) =>
    events.filter((event) => event.event === 'run-started' && event.mirror === name).length;
  return { before, mirror, runtime, change, has, write, scans, opened };
}

test('a mirror whose settings are as before stays the same object, watched and scanned once', async () => {
  const { before, runtime, change, write, has, scans, mirror } = await rig();
  for (const name of ['a', 'b', 'c']) write(name, 'first');
  for (const name of ['a', 'b', 'c'])
    await eventually(async () => expect(await has(name, 'first')).toBe(true));
  const [a, b] = [runtime.opened('a'), runtime.opened('b')];
  // An object is there before it is counted.
  await eventually(() => expect(a?.mirror.status(null).totals.uploaded).toBe(1));
  const stored = a?.mirror.status(null).totals;
  await change({
    ...before,
    mirrors: [mirror('d'), { ...mirror('b'), settleLimitMs: 7_000 }, mirror('a')],
  });
  expect(runtime.opened('a')).toBe(a);
  expect(runtime.opened('a')?.mirror.status(null).totals).toEqual(stored);
  expect(runtime.opened('b')).not.toBe(b);
  expect(runtime.opened('b')?.mirror.parts.ledger).toBe(b?.mirror.parts.ledger);
  expect(runtime.opened('b')?.lease).toBe(b?.lease);
  expect(runtime.opened('c')).toBeUndefined();
  expect(runtime.mirrors.map(({ settings }) => settings.name)).toEqual(['d', 'b', 'a']);
  for (const name of ['a', 'b', 'd']) {
    write(name, 'second');
    await eventually(async () => expect(await has(name, 'second')).toBe(true));
  }
  expect([scans('a'), scans('b'), scans('c'), scans('d')]).toEqual([1, 2, 1, 1]);
});

test('a target that cannot be opened changes nothing: every mirror is the same object', async () => {
  const { before, runtime, change, write, has, mirror } = await rig();
  const objects = ['a', 'b', 'c'].map(runtime.opened);
  const broken = targetOf({ name: 'broken', driver: 'broken', settings: {} });
  const next = {
    ...before,
    targets: [...before.targets, broken],
    mirrors: [
      mirror('a'),
      { ...mirror('b'), settleLimitMs: 7_000 },
      { ...mirror('d'), target: 'broken' },
    ],
  };
  await expect(change(next)).rejects.toThrow('no such storage');
  expect(['a', 'b', 'c'].map(runtime.opened)).toEqual(objects);
  for (const [at, name] of ['a', 'b', 'c'].entries())
    expect(runtime.opened(name)).toBe(objects[at]);
  write('c', 'goes on');
  await eventually(async () => expect(await has('c', 'goes on')).toBe(true));
  await change({ ...before, mirrors: [mirror('a'), mirror('b'), mirror('c'), mirror('d')] });
  write('d', 'new');
  await eventually(async () => expect(await has('d', 'new')).toBe(true));
});

test('a mirror that ends before it was under way does not keep the others from counting as watching', async () => {
  const { before, change, mirror, runtime } = await rig();
  await change({ ...before, mirrors: [mirror('a')] });
  expect(runtime.mirrors).toHaveLength(1);
});

test('another setting of the target opens it again, with all its mirrors', async () => {
  const { before, runtime, change, opened, write, has } = await rig();
  const objects = ['a', 'b', 'c'].map(runtime.opened);
  const targets = [targetOf({ driver: 'memory', settings: {}, concurrency: 3 })];
  await change({ ...before, targets });
  expect(opened).toEqual(['{}', '{}']);
  for (const [at, name] of ['a', 'b', 'c'].entries()) {
    expect(runtime.opened(name)).not.toBe(objects[at]);
    expect(runtime.opened(name)?.mirror.parts.ledger).toBe(objects[at]?.mirror.parts.ledger);
    write(name, 'after');
    await eventually(async () => expect(await has(name, 'after')).toBe(true));
  }
});
