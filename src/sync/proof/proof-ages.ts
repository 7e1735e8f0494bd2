import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { BytesByAge, UnverifiedObject } from '../verify-status.js';

const DAY_MS = 86_400_000;

export const NO_BYTES = { within7d: 0, within30d: 0, older: 0, never: 0 };

/** Which of them a proof of this moment belongs to; undefined: there was none. Milliseconds since the epoch. Pure. */
export function ageOf(provenAtMs: number | undefined, nowMs: number): keyof BytesByAge {
  if (provenAtMs === undefined) return 'never';
  const days = (nowMs - provenAtMs) / DAY_MS;
  return days <= 7 ? 'within7d' : days <= 30 ? 'within30d' : 'older';
}

/** The same bytes after an object was proven now that was proven last at another moment, or never. Pure. */
export function movedToNow(
  bytes: BytesByAge,
  size: number,
  provenAtMs: number | undefined,
  nowMs: number,
): BytesByAge {
  const from = ageOf(provenAtMs, nowMs);
  const less = { ...bytes, [from]: Math.max(0, bytes[from] - size) };
  return { ...less, within7d: less.within7d + size };
}

/** So many of the oldest are kept that one survey serves until the next. */
const MOST = 64;

/** The objects that were sent first, in memory for a few of any number. */
export function openOldestUnverified(): {
  add(name: ObjectName, record: Pick<ObjectRecord, 'hashedAtMs'>): void;
  /** The oldest first. */
  taken(): readonly UnverifiedObject[];
} {
  let kept: UnverifiedObject[] = [];
  let newest = Number.POSITIVE_INFINITY;

  function cut(): void {
    kept = kept.sort((a, b) => a.sentAtMs - b.sentAtMs).slice(0, MOST);
    newest = kept.length === MOST ? (kept.at(-1)?.sentAtMs ?? newest) : Number.POSITIVE_INFINITY;
  }

  return {
    add(name, { hashedAtMs: sentAtMs }) {
      if (sentAtMs >= newest) return;
      kept.push({ name, sentAtMs });
      if (kept.length >= 2 * MOST) cut();
    },
    taken() {
      cut();
      return kept;
    },
  };
}
