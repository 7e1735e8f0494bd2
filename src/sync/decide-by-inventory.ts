import type { ObjectRecord } from '../state/object-index.js';
import {
  type Decision,
  decide,
  decideExtraneous,
  type LocalFact,
  type Policy,
  type Remote,
  type RemoteFact,
} from './decide.js';

/** What an inventory says of a name: how the object was, or that there was none, when the inventory was made. */
export type Claim = 'absent' | RemoteFact;

export interface WeighedClaim {
  /** `ask`: the object is to be looked at before anything is decided. */
  readonly remote: Remote | 'ask';
  readonly decision: Decision;
}

/** Find out what is there, and decide then. */
export const LOOK_FIRST: Decision = { action: 'learn', what: 'remote' };

/**
 * What is to be done about one object, given a claim about it. Pure. A claim may be days old, so that it counts only where
 * it says what the record says; a difference is no evidence, whichever of the two is the older one. A name without a file is
 * decided about by its record, as in a scan: a job looks at the object once more before it forgets one that is claimed to be
 * absent.
 */
export function decideByInventory(
  local: LocalFact | undefined,
  known: ObjectRecord | undefined,
  claim: Claim,
  policy: Policy,
): WeighedClaim {
  if (local === undefined)
    return known === undefined
      ? { remote: 'ask', decision: decideExtraneous(claim, policy) }
      : { remote: claim, decision: decide(undefined, known, claim, policy) };
  const remote = known && asRecorded(known, claim);
  return remote === undefined
    ? { remote: 'ask', decision: LOOK_FIRST }
    : { remote, decision: decide(local, known, remote, policy) };
}

/** The object as the claim and the record both have it; undefined: they differ, or one of them says nothing. */
function asRecorded(known: ObjectRecord, claim: Claim): RemoteFact | undefined {
  if (known.state !== 'confirmed' || claim === 'absent' || claim.size !== known.size)
    return undefined;
  const { md5, ...rest } = claim;
  if (md5 !== undefined && md5 === known.md5) return claim;
  // The ETag of an object that was encrypted with a key of KMS has the form of an MD5, and is none.
  return rest.etag !== undefined && rest.etag === known.etag ? rest : undefined;
}
