import { escapeUnprintable, printable } from '../printable.js';
import type { RunReport } from '../state/ledger.js';
import type { MirrorStatus } from '../sync/events.js';
import type { WatchState } from '../watcher/watcher.js';
import { attentionText } from './attention-text.js';
import type { Attention } from './schema-status.js';
import type { DaemonStatus } from './snapshot.js';
import { objectsIn } from './status-line.js';
import { table } from './table.js';
import type { TargetStatus } from './target-meter.js';
import { bytes, count, counted, duration, lagText } from './units.js';
import { verifyRows } from './verify-rows.js';
import { workersText } from './worker-rows.js';

/** Entries of each list that are shown; the JSON has all of them. */
const SHOWN = 20;

type Row = readonly [label: string, text: string];

/**
 * The status for people: what they should know, a line for each mirror, then its details. `nowMs` is the time on the caller's
 * clock.
 */
export function formatStatus(
  status: DaemonStatus,
  nowMs: number,
  attention: readonly Attention[] = [],
): string {
  const up = duration((nowMs - status.startedAtMs) / 1000);
  const head = `longshore ${status.version}, pid ${status.pid}, up ${up}, ${printable(status.configFile)}`;
  const { mirrors, targets = [] } = status; // a daemon of an older version reports no targets
  const sections = [
    head,
    ...reloadLines(status, nowMs),
    ...(attention.length === 0 ? [] : [attentionText(attention, nowMs)]),
    overview(mirrors),
    ...mirrors.map((mirror) => details(mirror, nowMs)),
  ];
  const ends = [
    ...(targets.length === 0 ? [] : [calls(targets)]),
    ...(status.queue === undefined ? [] : [workersText(status.queue, nowMs)]),
  ];
  return `${[...sections, ...ends].join('\n\n')}\n`;
}

/** Only where the daemon does not work with what its file says. */
function reloadLines({ lastReload }: DaemonStatus, nowMs: number): readonly string[] {
  if (lastReload?.outcome !== 'announced' && lastReload?.outcome !== 'refused') return [];
  const { atMs, outcome, why } = lastReload;
  const ago = `${duration(Math.max(0, nowMs - atMs) / 1000)} ago`;
  const what = outcome === 'announced' ? 'waits for longshore reload --apply' : 'was refused';
  return [`The reload of ${ago} ${what}: ${escapeUnprintable(why)}`];
}

function overview(mirrors: readonly MirrorStatus[]): string {
  const head = [
    'MIRROR',
    'STATE',
    'LAG',
    'QUEUED',
    'RUNNING',
    'RETRYING',
    'QUARANTINED',
    'HELD',
    'SKIPPED',
    'OBJECTS',
  ];
  const rows = mirrors.map((mirror) => [
    printable(mirror.mirror),
    mirror.state,
    lagText(mirror.lagSeconds),
    count(mirror.queued),
    count(objectsIn(mirror.running)),
    count(mirror.retrying),
    count(mirror.quarantined.length),
    count(mirror.held),
    count(Object.values(mirror.skipped).reduce((sum, skipped) => sum + skipped, 0)),
    count(mirror.objects),
  ]);
  return table([head, ...rows]);
}

/** The calls to the targets in the last minute. */
function calls(targets: readonly TargetStatus[]): string {
  const head = ['TARGET', 'CALLS/MIN', 'FAILED', 'THROTTLED', 'CONTENT/MIN', 'AT ONCE', 'WAITED'];
  const rows = targets.map(({ target, atOnce: { now, most }, lastMinute: last }) => [
    printable(target),
    count(last.calls),
    count(last.failed),
    count(last.throttled),
    bytes(last.bytes),
    now === most ? count(now) : `${count(now)} of ${count(most)}`,
    last.waits === 0 ? '0 s' : `${duration(last.waitSeconds)} (${counted(last.waits, 'wait')})`,
  ]);
  return table([head, ...rows]);
}

function details(mirror: MirrorStatus, nowMs: number): string {
  const { uploaded, copied, deleted, failed, bytes: sent } = mirror.totals;
  const rows: readonly Row[] = [
    ['from', printable(mirror.source)],
    ['to', printable(`${mirror.target}:${mirror.container}/${mirror.prefix}`)],
    ...(mirror.deletes === 'mirror' ? [] : [['deletes', DELETES[mirror.deletes]] as const]),
    ...(mirror.why === '' ? [] : [['why', escapeUnprintable(mirror.why)] as const]),
    ...heldRows(mirror, nowMs),
    ...watchRows(mirror.watch),
    ...(mirror.lease?.held ? [['lease', leaseText(mirror.lease, nowMs)] as const] : []),
    ['last scan', reportText(mirror.lastScan, nowMs)],
    ['last reconcile', reportText(mirror.lastReconcile, nowMs)],
    ...verifyRows(mirror, nowMs),
    ['since start', listed({ uploaded, copied, deleted, failed }, sent)],
    ...firstOf(mirror.running, ({ job, name, bytes: size, seconds, objects }) => [
      job,
      `${printable(name)}${batchText(objects)} (${bytes(size)}, ${duration(seconds)})`,
    ]),
    ...firstOf(mirror.quarantined, ({ name, reason, error, attempts, nextTryMs }) => [
      'quarantined',
      `${printable(name)}: ${reason} after ${counted(attempts, 'attempt')}: ${escapeUnprintable(error)}${nextTry(nextTryMs, nowMs)}`,
    ]),
    ...Object.entries(mirror.skipped).map(
      ([reason, skipped]) => ['skipped', `${count(skipped)} ${reason}`] as const,
    ),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `${printable(mirror.mirror)}: ${mirror.state}`,
    ...rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
  ].join('\n');
}

const DELETES = {
  trash: 'objects whose files are gone go to the trash, and so does what is overwritten',
  keep: 'objects whose files are gone are kept',
} as const;

function heldRows(
  { mirror, held, heldWhy, heldSinceMs }: MirrorStatus,
  nowMs: number,
): readonly Row[] {
  if (heldSinceMs === null) return [];
  const age = duration((nowMs - heldSinceMs) / 1000);
  return [
    [
      'held',
      `${counted(held, 'change')} for ${age}, until an operator decides: longshore held ${printable(mirror)}`,
    ],
    ['', `because of ${escapeUnprintable(heldWhy)}`],
  ];
}

function watchRows(watch: WatchState | null): readonly Row[] {
  if (watch === null) return [['watch', 'not watching']];
  const lost =
    watch.losses === 0
      ? ''
      : `, events may have been lost ${counted(watch.losses, 'time')} (scanned again each time)`;
  const summary =
    watch.engine === 'scan'
      ? 'scans on a timer only'
      : `${watch.engine}, ${counted(watch.directories, 'folder')}${lost}`;
  const degraded = firstOf(watch.degraded, ({ under, why }) => [
    'degraded',
    `${under === '' ? 'the whole source' : printable(under)}: ${escapeUnprintable(why)}`,
  ]);
  return [['watch', summary], ...degraded];
}

function reportText(report: RunReport | null, nowMs: number): string {
  if (report === null) return 'never';
  const { scanned, uploaded, copied, deleted, adopted, failed, skipped, held, kept = 0 } = report;
  const age = duration((nowMs - report.startedAtMs) / 1000 - report.seconds);
  const did = listed(
    { uploaded, copied, deleted, adopted, failed, skipped, held, 'kept without a file': kept },
    report.bytes,
  );
  return `${age} ago, took ${duration(report.seconds)}: ${count(scanned)} scanned, ${did}`;
}

/** What is not zero, in words. */
function listed(counts: Readonly<Record<string, number>>, sent: number): string {
  const parts = Object.entries(counts)
    .filter(([, amount]) => amount > 0)
    .map(
      ([what, amount]) =>
        `${count(amount)} ${what}${what === 'uploaded' ? ` (${bytes(sent)})` : ''}`,
    );
  return parts.length === 0 ? 'nothing to do' : parts.join(', ');
}

function leaseText(
  { fence, renewedAtMs, renewsWhenUsed }: NonNullable<MirrorStatus['lease']>,
  nowMs: number,
): string {
  const renewed =
    renewedAtMs === null ? '' : `, last renewal ${duration((nowMs - renewedAtMs) / 1000)} ago`;
  const idle = renewsWhenUsed ? ' (renewed only while something is written)' : '';
  const hands = fence > 1 ? `; its holder changed ${counted(fence - 1, 'time')}` : '';
  return `held${renewed}${idle}${hands}`;
}

function nextTry(atMs: number | null, nowMs: number): string {
  return atMs === null || atMs <= nowMs
    ? ''
    : `; tried again in ${duration((atMs - nowMs) / 1000)}, or when it changes`;
}

function firstOf<T>(items: readonly T[], row: (item: T) => Row): readonly Row[] {
  const shown = items.slice(0, SHOWN).map(row);
  return items.length > SHOWN ? [...shown, ['', `and ${count(items.length - SHOWN)} more`]] : shown;
}

function batchText(objects = 1): string {
  return objects === 1 ? '' : ` and ${count(objects - 1)} more`;
}
