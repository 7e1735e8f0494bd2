import type { Clock } from '../../clock.js';
import type { Proof } from '../proof/prove.js';

/** Proofs on their way to the index, many in one commit. */
export interface ProofsToRecord {
  /** Resolves when it is kept; rejects as the index does. */
  add(proof: Proof): Promise<void>;
  /** Writes down what is still kept. */
  flush(): Promise<void>;
}

/** Proofs that share a commit, and how long the first of them waits. A crash costs the reading of so many objects. */
const MOST = 256;
const LONGEST_MS = 10_000;

export function openProofsToRecord(
  proveAll: (proofs: readonly Proof[]) => Promise<void>,
  clock: Pick<Clock, 'monotonic'>,
): ProofsToRecord {
  let kept: Proof[] = [];
  let sinceMs = 0;

  async function flush(): Promise<void> {
    const proofs = kept;
    kept = [];
    if (proofs.length > 0) await proveAll(proofs);
  }

  return {
    async add(proof) {
      if (kept.length === 0) sinceMs = clock.monotonic();
      kept.push(proof);
      if (kept.length >= MOST || clock.monotonic() - sinceMs >= LONGEST_MS) await flush();
    },
    flush,
  };
}
