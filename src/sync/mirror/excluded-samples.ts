import type { ExcludedSample } from '../../state/ledger.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** More of a mirror than this, within a day, is news; fewer entries than that are none, however small the mirror is. */
const SHARE = 0.1;
const FEWEST = 10;

/**
 * The samples with one more: of each hour of the day before it the first one, the last one from before that day, and this one, so
 * at most 27. Samples of later times, from before a clock was set back, are dropped. Pure.
 */
export function withExcluded(
  samples: readonly ExcludedSample[],
  next: ExcludedSample,
): readonly ExcludedSample[] {
  const earlier = samples.filter(({ atMs }) => atMs < next.atMs);
  const firsts = earlier.filter(
    ({ atMs }, at) => at === 0 || hourOf(atMs) !== hourOf(earlier[at - 1]?.atMs ?? 0),
  );
  return sinceDayBefore([...firsts, next], next.atMs);
}

function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS);
}

/** Those of the last day, and the one that was true when it began. */
function sinceDayBefore(
  samples: readonly ExcludedSample[],
  nowMs: number,
): readonly ExcludedSample[] {
  const begin = samples.findLastIndex(({ atMs }) => atMs <= nowMs - DAY_MS);
  return samples.slice(Math.max(0, begin));
}

/** Much more is excluded than at another time of the last day. */
export interface ExcludedJump {
  /** Entries, or objects whose files are excluded, whichever are more. */
  readonly more: number;
  /** When a scan found that first, milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** Undefined: nothing of that kind is known. `objects`: those of the mirror. Pure. */
export function excludedJump(
  samples: readonly ExcludedSample[],
  objects: number,
  nowMs: number,
): ExcludedJump | undefined {
  const day = sinceDayBefore(samples, nowMs);
  const fewest = {
    entries: Math.min(...day.map(({ entries }) => entries)),
    objects: Math.min(...day.map((sample) => sample.objects)),
  };
  const moreIn = (sample: ExcludedSample) =>
    Math.max(sample.entries - fewest.entries, sample.objects - fewest.objects);
  const isMuch = (sample: ExcludedSample) => {
    const more = moreIn(sample);
    return more >= FEWEST && more > SHARE * objects;
  };
  const latest = day.at(-1);
  if (latest === undefined || !isMuch(latest)) return undefined;
  const since = day.slice(day.findLastIndex((sample) => !isMuch(sample)) + 1)[0] ?? latest;
  return { more: moreIn(latest), sinceMs: since.atMs };
}
