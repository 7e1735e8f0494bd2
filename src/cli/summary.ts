import type { OnceResult } from '../daemon.js';
import { escapeUnprintable, printable } from '../printable.js';
import type { RunReport } from '../state/ledger.js';
import { bytes, count, counted, duration } from '../status/units.js';
import type { SkipReason, SyncEvent } from '../sync/events.js';
import { messageLines } from './error-lines.js';
import { isPartial, PROBLEMS_SHOWN, type Tally } from './run-tally.js';

/** One line about what a run did to a mirror, for people. */
export function summaryLine(
  { mirror, report, complete, error }: OnceResult,
  tally: Tally,
  dryRun: boolean,
): string {
  const name = printable(mirror);
  if (error !== undefined) return `${name}: failed: ${messageLines(error).join('; ')}`;
  const partial = isPartial(complete, tally)
    ? '; INCOMPLETE: part of the source could not be read, or deletes were withheld'
    : '';
  const did = dryRun ? toDo(tally) : done(report);
  const parts = [
    ...did,
    `${count(report.unchanged)} unchanged`,
    ...some(report.failed, 'failed'),
    ...some(report.kept ?? 0, 'kept without a file'),
    ...some(tally.skipped, 'skipped'),
    ...some(tally.outdated, 'outdated'),
    ...some(report.held, 'held'),
  ];
  return `${name}: ${parts.join(', ')}; ${count(report.scanned)} ${report.scanned === 1 ? 'file' : 'files'} in ${duration(report.seconds)}${partial}`;
}

function done({
  uploaded,
  bytes: sent,
  copied,
  deleted,
  adopted,
  refreshed = 0,
}: RunReport): string[] {
  return [
    ...some(uploaded, 'uploaded', ` (${bytes(sent)})`),
    ...some(copied, 'copied'),
    ...some(deleted, 'deleted'),
    ...some(adopted, 'already there'),
    ...some(refreshed, 'given other metadata'),
  ];
}

function toDo({ planned, plannedBytes }: Tally): string[] {
  return [
    ...some(planned.get('upload_object') ?? 0, 'to upload', ` (${bytes(plannedBytes)})`),
    ...some(planned.get('copy_object') ?? 0, 'to copy'),
    ...some(planned.get('delete_object') ?? 0, 'to delete'),
  ];
}

/** Lines about objects that failed, and about those that were skipped on purpose; none when there are none. */
export function problemLines(mirror: string, tally: Tally): readonly string[] {
  const more = tally.problemCount - tally.problems.length;
  const meant = [...tally.asMeant].map(([reason, times]) => meantText(reason, times));
  return [
    ...tally.problems.map(
      ({ name, reason }) =>
        `${printable(mirror)}: ${printable(name)}: ${escapeUnprintable(reason)}`,
    ),
    ...(more > 0
      ? [
          `${printable(mirror)}: … and ${count(more)} more (the first ${PROBLEMS_SHOWN} are shown; --json has them all)`,
        ]
      : []),
    ...(meant.length > 0 ? [`${printable(mirror)}: left as they are: ${meant.join(', ')}`] : []),
  ];
}

/** A line about held changes; undefined when there are none. */
export function heldLine(mirror: string, { held }: RunReport): string | undefined {
  if (held === 0) return undefined;
  const what = `${count(held)} ${held === 1 ? 'delete or overwrite is' : 'deletes or overwrites are'} held until an operator decides`;
  return `${printable(mirror)}: ${what}: longshore held ${printable(mirror)}`;
}

/** One line of a dry run's plan. */
export function plannedLine({
  mirror,
  job,
  name,
  why,
  bytes: size,
}: Pick<
  Extract<SyncEvent, { event: 'planned' }>,
  'mirror' | 'job' | 'name' | 'why' | 'bytes'
>): string {
  return `${printable(mirror)}: ${job} ${printable(name)} (${job === 'upload_object' ? `${bytes(size)}, ` : ''}${why})`;
}

function meantText(reason: SkipReason, times: number): string {
  const [one, several] = WORDS[reason] ?? [reason, reason];
  return counted(times, one, several);
}

const WORDS: Partial<Record<SkipReason, readonly [one: string, several: string]>> = {
  'link-skipped': ['symbolic link (symlinks: skip)', 'symbolic links (symlinks: skip)'],
  'special-file': ['socket, pipe or device', 'sockets, pipes or devices'],
  extraneous: [
    'object that longshore did not put there',
    'objects that longshore did not put there',
  ],
  vanished: ['file that was removed meanwhile', 'files that were removed meanwhile'],
};

function some(amount: number, what: string, detail = ''): string[] {
  return amount > 0 ? [`${count(amount)} ${what}${detail}`] : [];
}
