import { printable } from '../printable.js';
import { bytes, count, duration } from '../status/units.js';
import type { Progress } from '../sync/events.js';

/** Progress at a moment, in milliseconds of a clock that only grows. */
export interface Sample {
  readonly atMs: number;
  readonly progress: Progress;
}

/** Rates are taken over about the last so many milliseconds: shorter ones jump, longer ones lag. */
export const WINDOW_MS = 10_000;

/** Before, the first jobs (connections, group commits) would make wild guesses. */
const SETTLED_SECONDS = 3;

/** Adds a sample and drops those that are too old to tell the present rate. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  return [...samples.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS), sample];
}

export function sum(all: Iterable<Progress>): Progress {
  let total: Progress = { scanned: 0, jobsDue: 0, jobsDone: 0, bytesDue: 0, bytesDone: 0 };
  for (const { scanned, jobsDue, jobsDone, bytesDue, bytesDone } of all) {
    total = {
      scanned: total.scanned + scanned,
      jobsDue: total.jobsDue + jobsDue,
      jobsDone: total.jobsDone + jobsDone,
      bytesDue: total.bytesDue + bytesDue,
      bytesDone: total.bytesDone + bytesDone,
    };
  }
  return total;
}

/** What is counted, in the plural: the jobs, and what happened to what was looked at. */
export interface ProgressWords {
  readonly jobs: string;
  readonly scanned: string;
}

const OF_A_MIRROR: ProgressWords = { jobs: 'changes', scanned: 'scanned' };

/** One line about the newest sample: files, bytes, rate and time left; cut to the width of the terminal. */
export function progressLine(
  label: string,
  samples: readonly Sample[],
  columns: number,
  words = OF_A_MIRROR,
): string {
  const [oldest, newest] = [samples[0], samples.at(-1)];
  if (oldest === undefined || newest === undefined) return '';
  const { scanned, jobsDue, jobsDone, bytesDue, bytesDone } = newest.progress;
  const seconds = (newest.atMs - oldest.atMs) / 1000;
  const rate = seconds > 0 ? Math.max(0, bytesDone - oldest.progress.bytesDone) / seconds : 0;
  const left = secondsLeft(oldest, newest);
  // What matters least comes last, where a narrow terminal cuts it off.
  const parts = [
    ...(jobsDue > 0 ? [`${count(jobsDone)} of ${count(jobsDue)} ${words.jobs}`] : []),
    ...(bytesDue > 0 ? [`${bytes(bytesDone)} of ${bytes(bytesDue)}`] : []),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
    ...(rate > 0 ? [`${bytes(rate)}/s`] : []),
    `${count(scanned)} ${words.scanned}`,
  ];
  const line = `${printable(label)}: ${parts.join(' · ')}`;
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}

/**
 * Time left: many small files are bound by their number and few large ones by their bytes, so the larger estimate counts. Undefined
 * while nothing moves.
 */
export function secondsLeft(oldest: Sample, newest: Sample): number | undefined {
  const seconds = (newest.atMs - oldest.atMs) / 1000;
  if (seconds < SETTLED_SECONDS) return undefined;
  const left = (due: number, done: number, doneBefore: number) =>
    due <= done
      ? 0
      : done > doneBefore
        ? ((due - done) * seconds) / (done - doneBefore)
        : undefined;
  const byJobs = left(newest.progress.jobsDue, newest.progress.jobsDone, oldest.progress.jobsDone);
  const byBytes = left(
    newest.progress.bytesDue,
    newest.progress.bytesDone,
    oldest.progress.bytesDone,
  );
  const known = [byJobs, byBytes].filter((value) => value !== undefined);
  const most = Math.max(...known);
  return known.length > 0 && most > 0 ? most : undefined;
}
