import { expect, test } from 'vitest';
import { createProcessMeter } from '../../src/status/process-meter.js';
import { fakeClock } from '../fakes/clock.js';

test('process meter: has what this process takes, and is finite at any time', async () => {
  const clock = fakeClock();
  const meter = createProcessMeter(clock);
  for (const ms of [0, 30_000, 60_000]) {
    await clock.advance(ms);
    const figures = await meter.figures();
    expect(figures).toMatchObject({ pid: process.pid, node: process.versions.node });
    const { eventLoopLagSeconds, openFiles, openFilesLimit, ...numbers } = figures;
    const all = [...Object.values(numbers), ...Object.values(eventLoopLagSeconds)];
    for (const value of all.filter((each) => typeof each !== 'string'))
      expect(value).toBeGreaterThanOrEqual(0);
    expect(figures.memoryBytes).toBeGreaterThan(figures.heapBytes / 2);
    expect(openFiles).toBeGreaterThan(2);
    expect(openFilesLimit).toBeGreaterThan(openFiles ?? 0);
  }
  meter.close();
});
