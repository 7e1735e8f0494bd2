import type { Clock } from '../../clock.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Damage } from '../decide-healing.js';
import { isSameObject } from '../proof/prove.js';
import type { OpenFinding } from '../verify-status.js';

/** Objects that could not be proven: what is wrong with them, and when each may be read again. */
export interface OpenFindings {
  /** The object, as this record is of it, is not what was sent. */
  found(name: ObjectName, record: ObjectRecord, problem: Damage['problem']): void;
  /** It cannot be proven now. */
  postpone(name: ObjectName, record: ObjectRecord): void;
  /** It was proven. */
  over(name: ObjectName): void;
  /** Whether this version of the object was read a short time ago, and is not worth another reading. */
  isPostponed(name: ObjectName, record: ObjectRecord): boolean;
  open(): { readonly damaged: readonly OpenFinding[]; readonly unreadable: number };
}

/** Until the next reading. Every reading of what stays damaged costs its bytes, and a line in the log. */
const AGAIN_MS = 86_400_000;
/** Objects that are remembered, the latest. One that was forgotten is read once more than it need be. */
const MOST = 10_000;

interface Kept {
  readonly record: ObjectRecord;
  /** On the monotonic clock. */
  readonly againAtMs: number;
  readonly finding: OpenFinding | undefined;
}

export function createOpenFindings(clock: Pick<Clock, 'now' | 'monotonic'>): OpenFindings {
  const kept = new Map<ObjectName, Kept>();

  function keep(name: ObjectName, record: ObjectRecord, finding: OpenFinding | undefined): void {
    kept.delete(name); // the latest is the last in the map
    const [oldest] = kept.keys();
    if (kept.size >= MOST && oldest !== undefined) kept.delete(oldest);
    kept.set(name, { record, againAtMs: clock.monotonic() + AGAIN_MS, finding });
  }

  return {
    found(name, record, problem) {
      const sinceMs = kept.get(name)?.finding?.sinceMs ?? clock.now();
      keep(name, record, { name, problem, sinceMs });
    },
    postpone: (name, record) => keep(name, record, undefined),
    over: (name) => void kept.delete(name),
    isPostponed(name, record) {
      const one = kept.get(name);
      return (
        one !== undefined &&
        one.againAtMs > clock.monotonic() &&
        isSameObject(one.record, record) &&
        one.record.hashedAtMs === record.hashedAtMs
      );
    },
    open() {
      const damaged = [...kept.values()].flatMap(({ finding }) => finding ?? []);
      return { damaged, unreadable: kept.size - damaged.length };
    },
  };
}
