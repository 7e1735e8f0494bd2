import type { Proof } from '../proof/prove.js';

/** Proofs on their way to the index, many in one commit. */
export interface ProofsToRecord {
  /** Resolves when it is kept; rejects as the index does. */
  add(proof: Proof): Promise<void>;
  /** Writes down what is still kept. */
  flush(): Promise<void>;
}

/** Proofs that share a commit. A crash costs the reading of so many objects. */
const MOST = 256;

export function openProofsToRecord(
  proveAll: (proofs: readonly Proof[]) => Promise<void>,
): ProofsToRecord {
  let kept: Proof[] = [];

  async function flush(): Promise<void> {
    const proofs = kept;
    kept = [];
    if (proofs.length > 0) await proveAll(proofs);
  }

  return {
    async add(proof) {
      kept.push(proof);
      if (kept.length >= MOST) await flush();
    },
    flush,
  };
}
