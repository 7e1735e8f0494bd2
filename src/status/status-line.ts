import type { MirrorStatus } from '../sync/events.js';
import type { DaemonStatus, LastReload } from './snapshot.js';
import { count, lagText } from './units.js';

/** The status in one line, as `systemctl status` shows it: `2 mirrors: 1 in-sync, 1 transferring; lag 3 s; 12 queued`. */
export function formatStatusLine({ mirrors, lastReload }: DaemonStatus): string {
  const lags = mirrors.map(({ lagSeconds }) => lagSeconds);
  const lag = lags.some((seconds) => seconds === null) ? null : Math.max(0, ...lags.map(Number));
  const amounts = {
    queued: sum(mirrors, ({ queued, running }) => queued + objectsIn(running)),
    retrying: sum(mirrors, ({ retrying }) => retrying),
    quarantined: sum(mirrors, ({ quarantined }) => quarantined.length),
    held: sum(mirrors, ({ held }) => held),
    degraded: sum(mirrors, ({ watch }) => watch?.degraded.length ?? 0),
  };
  return [
    `${mirrors.length} mirror${mirrors.length === 1 ? '' : 's'}: ${states(mirrors)}`,
    ...(lag === 0 ? [] : [`lag ${lagText(lag)}`]),
    ...Object.entries(amounts).flatMap(([what, amount]) =>
      amount > 0 ? [`${count(amount)} ${what}`] : [],
    ),
    ...(lastReload === undefined ? [] : RELOAD_TEXT[lastReload.outcome]),
  ].join('; ');
}

/** What the last reload left to a person. */
const RELOAD_TEXT: Readonly<Record<LastReload['outcome'], readonly string[]>> = {
  done: [],
  unchanged: [],
  announced: ['a reload waits for --apply'],
  refused: ['the last reload was refused'],
};

/** How many objects are worked on: a batch has many. */
export function objectsIn(running: MirrorStatus['running']): number {
  return running.reduce((sum, { objects = 1 }) => sum + objects, 0);
}

function states(mirrors: readonly MirrorStatus[]): string {
  if (mirrors.length === 0) return 'none';
  const counts = new Map<string, number>();
  for (const { state } of mirrors) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, amount]) => `${amount} ${state}`).join(', ');
}

function sum(mirrors: readonly MirrorStatus[], amount: (mirror: MirrorStatus) => number): number {
  return mirrors.reduce((total, mirror) => total + amount(mirror), 0);
}
