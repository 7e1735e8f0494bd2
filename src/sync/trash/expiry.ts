import type { TrashLook } from '../../state/ledger.js';
import type { TrashEntry } from './list-trash.js';
import { FOLDER_MS } from './trash-name.js';

/**
 * Whether something has been in the trash for `keepMs` by `nowMs`. Its folder says since when, by our clock of that day;
 * the provider may say that it came later, and is believed, unless it speaks of the future (a store that keeps objects
 * as files gives them the times of their sources).
 */
export function isExpired(
  { atMs, lastModifiedMs }: Pick<TrashEntry, 'atMs' | 'lastModifiedMs'>,
  keepMs: number,
  nowMs: number,
): boolean {
  const sinceMs =
    lastModifiedMs !== undefined && lastModifiedMs <= nowMs ? Math.max(atMs, lastModifiedMs) : atMs;
  return sinceMs + FOLDER_MS + keepMs <= nowMs;
}

const DAY_MS = 86_400_000;
/** A clock that has gone on by more than this since it was last read may be wrong. */
const LEAP_MS = 3 * DAY_MS;
/** So long it has to stay where it leapt to: it may be set right meanwhile. */
const GRACE_MS = DAY_MS;

/** Whether the clock may be believed for a purge, and what to remember of this look. `before` undefined: it is the first. */
export function lookAtClock(
  before: TrashLook | undefined,
  nowMs: number,
): { readonly trusted: boolean; readonly look: TrashLook } {
  const wait = { trusted: false, look: { lookedAtMs: nowMs, waitUntilMs: nowMs + GRACE_MS } };
  if (before === undefined || nowMs < before.lookedAtMs) return wait;
  if (before.waitUntilMs === undefined)
    return nowMs - before.lookedAtMs > LEAP_MS
      ? wait
      : { trusted: true, look: { lookedAtMs: nowMs } };
  if (nowMs < before.waitUntilMs) return { trusted: false, look: { ...before, lookedAtMs: nowMs } };
  return { trusted: true, look: { lookedAtMs: nowMs } };
}
