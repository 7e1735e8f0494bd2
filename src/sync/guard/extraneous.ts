import type { NameSet } from '../../state/ledger.js';

/** A person's decisions on extraneous objects. These have no records, so only whole sets of them can be recognised. */
export interface ExtraneousDecisions {
  readonly approved: NameSet | undefined;
  readonly rejected: NameSet | undefined;
}

/**
 * `pass`: exactly these were approved. `stay`: exactly these were rejected. `mixed`: some of these may have been rejected, and
 * it is not known which. `new`: nothing was decided.
 */
export type ExtraneousVerdict = 'none' | 'pass' | 'stay' | 'mixed' | 'new';

export function judgeExtraneous(
  found: NameSet,
  { approved, rejected }: ExtraneousDecisions,
): ExtraneousVerdict {
  if (found.count === 0) return 'none';
  if (isSameSet(found, approved)) return 'pass';
  if (rejected === undefined) return 'new';
  return isSameSet(found, rejected) ? 'stay' : 'mixed';
}

function isSameSet(a: NameSet, b: NameSet | undefined): boolean {
  return b !== undefined && a.count === b.count && a.digest === b.digest;
}
