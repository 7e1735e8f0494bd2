import type { OnceResult } from '../daemon.js';
import { printable } from '../log/printable.js';
import { bytes, count, duration } from '../status/units.js';
import type { SkipReason, SyncEvent } from '../sync/events.js';
import { PROBLEMS_SHOWN, type Tally } from './run-tally.js';

/** One line about what a run did to a mirror, for people. */
export function summaryLine({ mirror, report, complete, error }: OnceResult, tally: Tally, dryRun: boolean): string {
  const name = printable(mirror);
  if (error !== undefined) return `${name}: failed: ${printable(error.message)}`;
  const { uploaded, copied, deleted, adopted, unchanged, failed, held } = report;
  const sent = uploaded > 0 && !dryRun ? ` (${bytes(report.bytes)})` : '';
  const did = [
    ...(dryRun ? [`${count(tally.planned)} to do (${bytes(tally.plannedBytes)})`] : []),
    ...some(uploaded, 'uploaded', sent),
    ...some(copied, 'copied'),
    ...some(deleted, 'deleted'),
    ...some(adopted, 'already there'),
    `${count(unchanged)} unchanged`,
    ...some(failed, 'failed'),
    ...some(tally.skipped, 'left out'),
    ...some(held, 'deletes held'),
  ];
  return `${name}: ${did.join(', ')}; ${count(report.scanned)} files in ${duration(report.seconds)}${complete ? '' : '; INCOMPLETE: part of the source could not be read'}`;
}

/** What went wrong with single objects, and what was left out on purpose; no line when there is nothing. */
export function problemLines(mirror: string, tally: Tally): readonly string[] {
  const more = tally.problemCount - tally.problems.length;
  const meant = [...tally.asMeant].map(([reason, times]) => `${count(times)} ${WORDS[reason] ?? reason}`);
  return [
    ...tally.problems.map(({ name, reason }) => `${printable(mirror)}: ${printable(name)}: ${printable(reason)}`),
    ...(more > 0 ? [`${printable(mirror)}: … and ${count(more)} more (the first ${PROBLEMS_SHOWN} are shown; --json has them all)`] : []),
    ...(meant.length > 0 ? [`${printable(mirror)}: left as they are: ${meant.join(', ')}`] : []),
  ];
}

/** One line of a dry run's plan. */
export function plannedLine({ mirror, job, name, why, bytes: size }: Extract<SyncEvent, { event: 'planned' }>): string {
  return `${printable(mirror)}: ${job} ${printable(name)} (${job === 'upload' ? `${bytes(size)}, ` : ''}${why})`;
}

const WORDS: Partial<Record<SkipReason, string>> = {
  'link-skipped': 'symbolic links (symlinks: skip)',
  'special-file': 'sockets, pipes or devices',
  extraneous: 'objects that longshore did not put there',
  vanished: 'files that were removed meanwhile',
};

function some(amount: number, what: string, detail = ''): string[] {
  return amount > 0 ? [`${count(amount)} ${what}${detail}`] : [];
}
