import { createHash } from 'node:crypto';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';
import {
  compareProofs,
  lastProofMs,
  openOldestProofs,
  type ProofCandidate,
} from '../sync/proof/oldest-proofs.js';
import { recordsInSlices } from '../sync/records-in-slices.js';

/** How much is read back: a part of the objects from 0 to 1, or so many bytes. */
export type ReadBackShare = { readonly part: number } | { readonly bytes: number };

/** Whether an object is read back. */
export type Choice = (name: ObjectName, record: ObjectRecord | undefined) => boolean;

/** Candidates that one pass over the index keeps in memory. */
const ROUND = 20_000;

export const ALL: Choice = () => true;
export const NONE: Choice = () => false;

/**
 * Chooses the objects whose last proof is the oldest, those that were never proven first, in bounded memory. At least one,
 * unless nothing was asked for.
 */
export async function chooseOldest(
  index: Pick<ObjectIndex, 'entries' | 'count'>,
  share: ReadBackShare,
  nowMs: number,
): Promise<Choice> {
  if ('part' in share && share.part >= 1) return ALL;
  const enough = openBudget(share, index.count());
  let last: ProofCandidate | undefined;
  for (;;) {
    const round = openOldestProofs(ROUND, last);
    for await (const slice of recordsInSlices(index))
      for (const [name, record] of slice)
        if (record.state === 'confirmed') round.add(candidateOf(name, record, nowMs));
    const oldest = round.taken();
    for (const each of oldest) {
      if (enough.reached()) return upTo(last, nowMs);
      enough.take(each.size);
      last = each;
    }
    if (oldest.length < ROUND) return upTo(last, nowMs);
  }
}

/**
 * Without proofs, chooses by chance: `seed` differs from run to run, so that each run reads other objects. `total`: bytes of
 * all objects.
 */
export function chooseByChance(share: ReadBackShare, total: number, seed: string): Choice {
  const part = 'part' in share ? share.part : total === 0 ? 1 : share.bytes / total;
  if (part >= 1) return ALL;
  const limit = part * 2 ** 32;
  return (name) => createHash('md5').update(`${seed}\0${name}`).digest().readUInt32LE(0) < limit;
}

function candidateOf(name: ObjectName, record: ObjectRecord, nowMs: number): ProofCandidate {
  return { name, size: record.size, provenAtMs: lastProofMs(record, nowMs) };
}

function upTo(last: ProofCandidate | undefined, nowMs: number): Choice {
  if (last === undefined) return NONE;
  return (name, record) =>
    record?.state === 'confirmed' && compareProofs(candidateOf(name, record, nowMs), last) <= 0;
}

function openBudget(share: ReadBackShare, objects: number) {
  const most = 'part' in share ? Math.ceil(share.part * objects) : Number.POSITIVE_INFINITY;
  const mostBytes = 'bytes' in share ? share.bytes : Number.POSITIVE_INFINITY;
  let taken = 0;
  let bytes = 0;
  return {
    take(size: number): void {
      taken += 1;
      bytes += size;
    },
    reached: () => taken >= most || bytes >= mostBytes,
  };
}
