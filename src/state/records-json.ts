import { isPartSize } from '../parts-digest.js';
import { compareNames } from '../utf8-order.js';
import { StateDamagedError } from './errors.js';
import { upgrade } from './migrate.js';
import { GUARDED, type Guarded, type ObjectName, type ObjectRecord } from './object-index.js';

/** A document is of the first version that has all of its fields, so that an older program reads all it can. */
const VERSION = 5;
/** The last one without `attributesDigest`. */
const WITHOUT_ATTRIBUTES = 4;
/** The last one without `hardLink`, too. */
const WITHOUT_LINKS = 3;
/** The last one without `provenAtMs`, too. */
const WITHOUT_PROOFS = 2;
/** The last one without `md5Parts`, too. */
const WITHOUT_PARTS = 1;
const LOOKS: readonly unknown[] = ['random', 'blank'] satisfies ObjectRecord['looks'][];

/** Records as JSON for people: one object a name, in the names' order; nanoseconds and inodes as decimal text. */
export function recordsToJson(records: ReadonlyMap<ObjectName, ObjectRecord>): object {
  return {
    version: versionOf(records),
    records: [...records]
      .sort(([a], [b]) => compareNames(a, b))
      .map(([name, record]) => ({
        name,
        ...record,
        kind: record.kind === 'symlink' ? 'symlink' : 'file', // a folder is known by its name, as in LMDB
        mtimeNs: String(record.mtimeNs),
        ctimeNs: String(record.ctimeNs),
        inode: String(record.inode),
      })),
  };
}

/** @throws StateDamagedError, StateNewerError. `file` is for their message. */
export function recordsFromJson(json: unknown, file: string): Map<ObjectName, ObjectRecord> {
  const { records } = upgrade(json, file, {
    current: VERSION,
    steps: {
      [WITHOUT_PARTS]: (document) => document,
      [WITHOUT_PROOFS]: (document) => document,
      [WITHOUT_LINKS]: (document) => document,
      [WITHOUT_ATTRIBUTES]: (document) => document,
    },
  });
  if (!Array.isArray(records)) throw new StateDamagedError(file, 'has no list of records');
  return new Map(records.map((record: unknown) => readRecord(record, file)));
}

function versionOf(records: ReadonlyMap<ObjectName, ObjectRecord>): number {
  let version = WITHOUT_PARTS;
  for (const { md5Parts, provenAtMs, hardLink, attributesDigest } of records.values()) {
    if (attributesDigest !== undefined) return VERSION;
    if (hardLink !== undefined) version = WITHOUT_ATTRIBUTES;
    else if (provenAtMs !== undefined) version = Math.max(version, WITHOUT_LINKS);
    else if (md5Parts !== undefined) version = Math.max(version, WITHOUT_PROOFS);
  }
  return version;
}

function readRecord(json: unknown, file: string): readonly [ObjectName, ObjectRecord] {
  const fields: Readonly<Record<string, unknown>> =
    typeof json === 'object' && json !== null ? { ...json } : {};
  const complain = (field: string): never => {
    throw new StateDamagedError(
      file,
      `the record of ${JSON.stringify(fields['name'])} has no valid ${field}`,
    );
  };
  const text = (field: string) => {
    const value = fields[field];
    return typeof value === 'string' ? value : complain(field);
  };
  const number = (field: string) => {
    const value = fields[field];
    return typeof value === 'number' ? value : complain(field);
  };
  const integer = (field: string) => {
    const value = text(field);
    return /^-?\d{1,29}$/.test(value) ? BigInt(value) : complain(field);
  };
  const { state, kind, looks, guarded } = fields;
  if (state !== 'confirmed' && state !== 'sending') return complain('state');
  if (kind !== 'file' && kind !== 'symlink') return complain('kind');
  if (looks !== undefined && !LOOKS.includes(looks)) return complain('looks');
  if (guarded !== undefined && !(GUARDED as readonly unknown[]).includes(guarded))
    return complain('guarded');
  const { partSize, md5Parts } = fields;
  if (partSize === undefined ? md5Parts !== undefined : !isPartSize(number('partSize')))
    return complain('partSize');
  const record: ObjectRecord = {
    state,
    kind: kind === 'file' && text('name').endsWith('/') ? 'folder' : kind,
    size: number('size'),
    mtimeNs: integer('mtimeNs'),
    ctimeNs: integer('ctimeNs'),
    inode: integer('inode'),
    mode: number('mode'),
    uid: number('uid'),
    gid: number('gid'),
    md5: text('md5'),
    hashedAtMs: number('hashedAtMs'),
    ...(fields['etag'] !== undefined && { etag: text('etag') }),
    ...(fields['md5Parts'] !== undefined && { md5Parts: text('md5Parts') }),
    ...(fields['partSize'] !== undefined && { partSize: number('partSize') }),
    ...(fields['versionId'] !== undefined && { versionId: text('versionId') }),
    ...(looks !== undefined && { looks: looks as 'random' | 'blank' }),
    ...(fields['metadataEpoch'] !== undefined && { metadataEpoch: number('metadataEpoch') }),
    ...(fields['provenAtMs'] !== undefined && { provenAtMs: number('provenAtMs') }),
    ...(fields['attributesDigest'] !== undefined && { attributesDigest: text('attributesDigest') }),
    ...(fields['hardLink'] === true && { hardLink: true as const }),
    ...(guarded !== undefined && { guarded: guarded as Guarded }),
  };
  return [text('name'), record];
}
