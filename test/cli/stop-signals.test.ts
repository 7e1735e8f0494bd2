import { expect, it } from 'vitest';
import type { StopSignal } from '../../src/cli/io.js';
import { openStopSignals } from '../../src/cli/stop-signals.js';
import { fakeClock } from '../fakes/clock.js';

function rig(drainMs = 30_000) {
  const clock = fakeClock();
  const listeners = new Set<(signal: StopSignal) => void>();
  const ended: StopSignal[] = [];
  const signals = openStopSignals(
    {
      clock,
      onSignal(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      endBy: (signal) => ended.push(signal),
    },
    { drainMs },
  );
  const send = (signal: StopSignal) => listeners.forEach((listener) => void listener(signal));
  return { clock, signals, ended, send, listens: () => listeners.size > 0 };
}

it('stop signals: the first of any kind drains, and the end of the drain time interrupts', async () => {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    const { clock, signals, send, ended } = rig();
    send(signal);
    expect([signals.drain.aborted, signals.interrupt.aborted, signals.received()]).toEqual([
      true,
      false,
      signal,
    ]);
    await clock.advance(30_000);
    expect(signals.interrupt.aborted).toBe(true);
    await clock.advance(3_600_000);
    expect(ended).toEqual([]);
  }
});

it('stop signals: the second ends the process within a second, whatever still runs', async () => {
  const { clock, signals, send, ended, listens } = rig();
  send('SIGTERM');
  await clock.advance(1_000);
  send('SIGTERM');
  expect([signals.interrupt.aborted, listens(), ended]).toEqual([true, false, []]);
  await clock.advance(999);
  expect(ended).toEqual(['SIGTERM']);
});
