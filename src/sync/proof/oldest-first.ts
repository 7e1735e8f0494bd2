import type { ObjectIndex } from '../../state/object-index.js';
import { recordsInSlices } from '../records-in-slices.js';
import { lastProofMs, openOldestProofs, type ProofCandidate } from './oldest-proofs.js';

/** Candidates that one pass over the index keeps in memory. */
const ROUND = 20_000;

/**
 * The confirmed objects of an index, those that were never proven first, then by the age of their last proof as of `nowMs`. Each
 * round of them is one pass over the index, in slices. Rejects with the signal's reason.
 */
export async function* oldestFirst(
  index: Pick<ObjectIndex, 'entries'>,
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<ProofCandidate, void> {
  let last: ProofCandidate | undefined;
  for (;;) {
    const round = openOldestProofs(ROUND, last);
    for await (const slice of recordsInSlices(index)) {
      signal.throwIfAborted();
      for (const [name, record] of slice) {
        if (record.state !== 'confirmed') continue;
        round.add({ name, size: record.size, provenAtMs: lastProofMs(record, nowMs) });
      }
    }
    const oldest = round.taken();
    yield* oldest;
    last = oldest.at(-1);
    if (oldest.length < ROUND) return;
  }
}
