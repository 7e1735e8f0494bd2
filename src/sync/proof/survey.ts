import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import { recordsInSlices } from '../records-in-slices.js';
import type { BytesByAge, UnverifiedObject } from '../verify-status.js';
import { lastProofMs, openOldestProofs, type ProofCandidate } from './oldest-proofs.js';
import { dueAgeMs, type ProofPace } from './pace.js';
import { ageOf, movedToNow, NO_BYTES, openOldestUnverified } from './proof-ages.js';

/** How much of a mirror is proven, at one moment. Objects count when their upload was confirmed. */
export interface ProofCounts {
  readonly objects: number;
  readonly bytes: number;
  /** Those that were read back within the time. */
  readonly verified: { readonly objects: number; readonly bytes: number };
  readonly never: number;
  /** The oldest last proof, milliseconds since the epoch; undefined: none was ever proven. */
  readonly oldestMs: number | undefined;
  readonly bytesByAge: BytesByAge;
  /** Some of those that were never read back, the one first that was sent first. */
  readonly unverified: readonly UnverifiedObject[];
}

export interface ProofSurvey extends ProofCounts {
  /** What is to be read back next, oldest first: at the most `most` objects. */
  readonly due: readonly ProofCandidate[];
  /** When the next object will be due; undefined: some are, or there is none. Milliseconds since the epoch. */
  readonly nextDueMs: number | undefined;
}

/** The same counts after one more object was proven, now. The oldest proof may be a newer one by then. */
export function countProof<Counts extends ProofCounts>(
  counts: Counts,
  { name, size, provenAtMs }: ProofCandidate,
  nowMs: number,
  { withinMs }: Pick<ProofPace, 'withinMs'>,
): Counts {
  const wasVerified = provenAtMs !== undefined && provenAtMs >= nowMs - withinMs;
  const { objects, bytes } = counts.verified;
  return {
    ...counts,
    never: counts.never - (provenAtMs === undefined ? 1 : 0),
    oldestMs: counts.oldestMs ?? nowMs,
    bytesByAge: movedToNow(counts.bytesByAge, size, provenAtMs, nowMs),
    unverified:
      provenAtMs === undefined
        ? counts.unverified.filter((each) => each.name !== name)
        : counts.unverified,
    verified: wasVerified ? counts.verified : { objects: objects + 1, bytes: bytes + size },
  };
}

export interface SurveyOptions {
  readonly index: Pick<ObjectIndex, 'entries'>;
  readonly nowMs: number;
  readonly pace: ProofPace;
  readonly most: number;
  /** Bytes of all objects, as the last survey found them: what is due depends on it. 0 where there was none. */
  readonly bytesBefore: number;
  /** Whether an object is not to be read yet, although it is due. */
  readonly postponed: (name: ObjectName, record: ObjectRecord) => boolean;
  readonly signal: AbortSignal;
}

/** Looks through all records, in memory for those that are due. Other work goes on meanwhile. Rejects with the signal's reason. */
export async function surveyProofs({
  index,
  nowMs,
  pace,
  most,
  bytesBefore,
  postponed,
  signal,
}: SurveyOptions): Promise<ProofSurvey> {
  const dueAge = dueAgeMs(bytesBefore, pace);
  const oldest = openOldestProofs(most);
  const tally = openTally(nowMs, pace);
  let nextDueMs: number | undefined;
  for await (const slice of recordsInSlices(index)) {
    signal.throwIfAborted();
    for (const [name, record] of slice) {
      if (record.state !== 'confirmed') continue;
      const { size } = record;
      const provenAtMs = lastProofMs(record, nowMs);
      tally.add(name, record, provenAtMs);
      const dueMs = provenAtMs === undefined ? nowMs : provenAtMs + dueAge;
      if (dueMs > nowMs) nextDueMs = Math.min(nextDueMs ?? dueMs, dueMs);
      else if (!postponed(name, record)) oldest.add({ name, size, provenAtMs });
    }
  }
  const due = oldest.taken();
  return { ...tally.counts(), due, nextDueMs: due.length > 0 ? undefined : nextDueMs };
}

/** Counts objects by the age of their proofs. */
function openTally(nowMs: number, { withinMs }: Pick<ProofPace, 'withinMs'>) {
  const counts = { objects: 0, bytes: 0, never: 0 };
  const bytesByAge = { ...NO_BYTES };
  const unverified = openOldestUnverified();
  const verified = { objects: 0, bytes: 0 };
  let oldestMs: number | undefined;
  return {
    add(name: ObjectName, record: ObjectRecord, provenAtMs: number | undefined): void {
      const { size } = record;
      counts.objects += 1;
      counts.bytes += size;
      bytesByAge[ageOf(provenAtMs, nowMs)] += size;
      if (provenAtMs === undefined) {
        counts.never += 1;
        unverified.add(name, record);
        return;
      }
      oldestMs = Math.min(oldestMs ?? provenAtMs, provenAtMs);
      if (provenAtMs < nowMs - withinMs) return;
      verified.objects += 1;
      verified.bytes += size;
    },
    counts: (): ProofCounts => ({
      ...counts,
      verified,
      oldestMs,
      bytesByAge,
      unverified: unverified.taken(),
    }),
  };
}
