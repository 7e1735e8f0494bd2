import type { LedgerDocument } from '../../state/ledger.js';
import type { ObjectRecord } from '../../state/object-index.js';
import { isOfOurs, type RemoteFact } from '../decide.js';

/**
 * Whether the object that a listing has is the one that the record describes: what a record of another time says of its object
 * is believed of no other. An object about which neither a digest nor an ETag can be compared is not.
 */
export function describes(record: ObjectRecord, listed: RemoteFact): boolean {
  if (record.state === 'sending') return isOfOurs(record, listed);
  if (record.size !== listed.size) return false;
  const sameEtag = equal(record.etag, listed.etag);
  const sameMd5 = equal(record.md5 === '' ? undefined : record.md5, listed.md5);
  return sameEtag !== false && sameMd5 !== false && (sameEtag ?? sameMd5) === true;
}

/** Undefined where one of the two is not known. */
function equal(a: string | undefined, b: string | undefined): boolean | undefined {
  return a === undefined || b === undefined ? undefined : a === b;
}

/** The numbers of `metadata` settings that a record can hold: see metadata-epoch.ts. */
const EPOCHS = 4;

type MetadataSetting = LedgerDocument['metadata'];

/**
 * The record as this mirror's index takes it. `then`, `now`: the `metadata` setting in the ledger beside it, and in ours.
 *
 * - What an operator approved, or what was held, was another time's question: the guard asks again. A rejection stays: it keeps
 *   an object.
 * - An object that was given its metadata by other settings than those of now has the number of other settings.
 */
export function recalled(
  { guarded, metadataEpoch = 0, ...record }: ObjectRecord,
  then: MetadataSetting,
  now: MetadataSetting,
): ObjectRecord {
  const current = now?.epoch ?? 0;
  const isCurrent = metadataEpoch === then?.epoch && then.kept.join() === now?.kept.join();
  const epoch = isCurrent ? current : (current + 1) % EPOCHS;
  return {
    ...record,
    ...(epoch > 0 && { metadataEpoch: epoch }),
    ...(guarded === 'rejected' && { guarded }),
  };
}
