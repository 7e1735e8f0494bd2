import type { BigIntStats } from 'node:fs';
import { metaDataOf } from './file-metadata.js';
import type { WireObject } from './protocol.js';
import type { ObjectRecord } from './record.js';
import { fingerprintOf, sameFingerprint } from './stat.js';

/** A record that was made for this very state of the file, or nothing: another's change makes it worthless. */
export function validRecord(stat: BigIntStats, record: ObjectRecord | undefined): ObjectRecord | undefined {
  return record !== undefined && sameFingerprint(fingerprintOf(stat), record.file) ? record : undefined;
}

/** A file and what is known of it. Without a valid record, its metadata are those of the file. */
export function describeObject(key: string, stat: BigIntStats, known: ObjectRecord | undefined): WireObject {
  const record = validRecord(stat, known);
  return {
    key,
    size: Number(stat.size),
    md5: record?.md5,
    contentType: record?.contentType,
    metaData: record?.metaData ?? metaDataOf(stat),
    etag: record?.md5 ?? `${stat.size}-${stat.mtimeNs}-${stat.ino}`,
    lastModified: Number(stat.mtimeNs / 1000n) / 1000,
  };
}
