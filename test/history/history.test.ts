import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHistory } from '../../src/history/history.js';
import { silentLogger } from '../../src/log.js';
import { StateNewerError } from '../../src/state/errors.js';
import { sealJson } from '../../src/state/sealed-json.js';
import type { MirrorStatus } from '../../src/sync/events.js';
import { createTelemetry } from '../../src/telemetry/telemetry.js';
import { fakeClock } from '../fakes/clock.js';
import { mirrorStatus } from '../status/statuses.js';
import { temporaryFolder } from '../world/folder.js';

function rig(stateFolder = temporaryFolder('history')) {
  const clock = fakeClock();
  const telemetry = createTelemetry(silentLogger);
  const warned: string[] = [];
  let status: MirrorStatus = mirrorStatus({ mirror: 'documents', lagSeconds: 3 });
  const open = () =>
    openHistory({
      stateFolder,
      mirrors: () => [{ name: 'documents', lagTargetSeconds: 900 }],
      targets: () => ['vault'],
      read: () => [status],
      telemetry,
      clock,
      log: { warn: (text) => void warned.push(text), info: () => {} },
      zone: 'UTC',
    });
  return {
    stateFolder,
    clock,
    telemetry,
    warned,
    open,
    set: (next: Partial<MirrorStatus>) => {
      status = { ...status, ...next };
    },
    call: (bytes: number) =>
      telemetry.emit({
        event: 'call',
        target: 'vault',
        operation: 'putObject',
        ms: 1,
        bytes,
        error: null,
      }),
  };
}

test('history: survives a restart', async () => {
  const world = rig();
  const first = await world.open();
  world.set({ lagSeconds: 1_234 });
  world.call(60_000);
  await world.clock.advance(20_000);
  await first.close();

  const second = await world.open();
  expect(second.lag('documents')?.max.at(-1)).toBe(1_234);
  expect(second.days('documents')).toMatchObject([{ worst: 'behind', withinTarget: 0 }]);
  expect(second.throughput('vault')?.bytesPerSecond.some((rate) => (rate ?? 0) > 0)).toBe(true);
  expect(second.calls('vault')).toEqual({
    errors24h: {},
    month: { month: '2023-11', requests: { put: 1 }, sentBytes: 60_000, receivedBytes: 0 },
  });
  world.call(1);
  expect(second.calls('vault')?.month.requests, 'also before the next sample').toEqual({ put: 2 });
  expect(second.calls('another')).toBe(undefined);
  expect(second.lag('another')).toBe(undefined);
  await second.close();
});

test('history: has nulls for the time in which longshore did not run', async () => {
  const world = rig();
  const first = await world.open();
  await world.clock.advance(10_000);
  await first.close();
  await world.clock.advance(3 * 600_000);
  const second = await world.open();
  await world.clock.advance(10_000);
  expect(second.lag('documents')?.max.slice(-4)).toEqual([3, null, null, 3]);
  await second.close();
});

test('history: is written when ten minutes have passed, and not with each sample', async () => {
  const world = rig();
  const history = await world.open();
  await world.clock.advance(10_000);
  expect(readdirSync(world.stateFolder)).toEqual([]);
  await world.clock.advance(600_000);
  await expect.poll(() => readdirSync(world.stateFolder)).toEqual(['history.json']);
  await history.close();
});

test('history: counts a mirror whose target is down as behind, though its lag is not known', async () => {
  const world = rig();
  world.set({ state: 'target-down', lagSeconds: null });
  const history = await world.open();
  await world.clock.advance(20_000);
  expect(history.days('documents')).toMatchObject([{ worst: 'behind', withinTarget: 0 }]);
  expect(history.lag('documents')?.max.at(-1)).toBe(null);
  await history.close();
});

test.each([
  ['no JSON', 'nonsense'],
  ['another kind of JSON', sealJson({ version: 1, mirrors: 'all', targets: [] })],
  [
    'a series without end',
    sealJson({
      version: 1,
      mirrors: [{ name: 'documents', lastStep: 1, lags: '1 '.repeat(100_000), days: [] }],
      targets: [],
    }),
  ],
  [
    'days that are none',
    sealJson({
      version: 1,
      mirrors: [{ name: 'documents', lastStep: 1, lags: '', days: ['2026-13-45 within 1 1 1'] }],
      targets: [],
    }),
  ],
])('history: a file with %s is set aside, and a new one begun', async (_, text) => {
  const world = rig();
  writeFileSync(join(world.stateFolder, 'history.json'), text);
  const history = await world.open();
  expect(world.warned).toEqual(['history damaged, begun again']);
  await world.clock.advance(10_000);
  await history.close();
  const names = readdirSync(world.stateFolder).sort();
  expect(names).toEqual(['history.json', expect.stringMatching(/^history\.json\.damaged-/)]);
  expect(readFileSync(join(world.stateFolder, names[1] ?? ''), 'utf8')).toBe(text);
});

test('history: a file of a newer version is refused, and left alone', async () => {
  const world = rig();
  const text = sealJson({ version: 2, mirrors: [], targets: [] });
  writeFileSync(join(world.stateFolder, 'history.json'), text);
  await expect(world.open()).rejects.toThrow(StateNewerError);
  expect(readFileSync(join(world.stateFolder, 'history.json'), 'utf8')).toBe(text);
});
