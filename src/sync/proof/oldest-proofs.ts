import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import { compareNames } from '../../utf8-order.js';

/** An object whose bytes may be read back. */
export interface ProofCandidate {
  readonly name: ObjectName;
  readonly size: number;
  /** Milliseconds since the epoch; undefined: never. */
  readonly provenAtMs: number | undefined;
}

/** When the object was last proven. A proof from the future is none: the clock was wrong then, or is now. */
export function lastProofMs(
  { provenAtMs }: Pick<ObjectRecord, 'provenAtMs'>,
  nowMs: number,
): number | undefined {
  return provenAtMs !== undefined && provenAtMs <= nowMs ? provenAtMs : undefined;
}

/** Those that were never proven first, then the oldest proof; the order of names between equals. */
export function compareProofs(a: ProofCandidate, b: ProofCandidate): number {
  const [first, second] = [a.provenAtMs ?? -Infinity, b.provenAtMs ?? -Infinity];
  if (first !== second) return first < second ? -1 : 1;
  return compareNames(a.name, b.name);
}

/** The oldest of any number of candidates, in memory for `most` of them. */
export interface OldestProofs {
  add(candidate: ProofCandidate): void;
  /** In the order of compareProofs. */
  taken(): readonly ProofCandidate[];
}

/** `after`: only what comes after this one in the order. */
export function openOldestProofs(most: number, after?: ProofCandidate): OldestProofs {
  let kept: ProofCandidate[] = [];
  /** The last of those that are kept, once there are `most`: what comes after it is of no interest. */
  let last: ProofCandidate | undefined;

  function cut(): void {
    kept = kept.sort(compareProofs).slice(0, most);
    last = kept.length === most ? kept.at(-1) : undefined;
  }

  return {
    add(candidate) {
      if (last !== undefined && compareProofs(candidate, last) >= 0) return;
      if (after !== undefined && compareProofs(candidate, after) <= 0) return;
      kept.push(candidate);
      if (kept.length >= 2 * most) cut(); // so each costs a share of one sort
    },
    taken() {
      cut();
      return kept;
    },
  };
}
