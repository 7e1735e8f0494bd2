import { keyOf } from './name-key.js';
import type { IndexEntry, ObjectName, ObjectRecord, RecordedStat } from './object-index.js';
import { encodeRecord } from './record-codec.js';

/** An entry of a view whose records are decoded already. */
export function indexEntry(name: ObjectName, record: ObjectRecord): IndexEntry {
  const { state, hashedAtMs, md5, guarded, metadataEpoch = 0, provenAtMs } = record;
  const isSettled = state === 'confirmed' && guarded === undefined;
  return {
    name,
    record,
    hashedAtMs,
    md5,
    metadataEpoch,
    provenAtMs,
    get encoded() {
      return encodeRecord(record, keyOf(name));
    },
    isConfirmed: (stat) => isSettled && hasStat(record, stat),
  };
}

function hasStat(
  record: ObjectRecord,
  { kind, size, mtimeNs, ctimeNs, inode }: RecordedStat,
): boolean {
  return (
    record.size === size &&
    record.mtimeNs === mtimeNs &&
    record.ctimeNs === ctimeNs &&
    record.inode === inode &&
    record.kind === kind
  );
}
