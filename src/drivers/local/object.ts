import type { BigIntStats } from 'node:fs';
import type { Checksum, ContainerInfo, ObjectInfo, ObjectPage } from '../call.js';
import { type BareObject, type PackedObjects, unpackObjects } from '../packed-objects.js';
import {
  type About,
  type MetaData,
  metaDataOf,
  type ObjectRecord,
  type ParsedAbout,
  readAbout,
  type StoredRecord,
  writeAbout,
} from './record.js';

export interface WireContainer {
  readonly name: string;
  readonly creationTime: number;
  readonly accessTime: number;
  readonly modifyTime: number;
}

export interface BarePage {
  readonly objects: PackedObjects;
  readonly next: string | undefined;
}

/** An object on its way between the threads. */
export interface WireObject {
  readonly key: string;
  readonly size: number;
  readonly md5: string | undefined;
  readonly etag: string;
  readonly lastModified: number;
  readonly about: About;
}

export interface FoundObject extends Omit<WireObject, 'about'> {
  readonly contentType: string | undefined;
  readonly metaData: MetaData;
}

/** A record that was made for this very state of the file, or nothing: another's change makes it worthless. */
export function validRecord(
  stat: BigIntStats,
  record: StoredRecord | undefined,
): StoredRecord | undefined {
  // Whatever is put into a folder changes its times: it is the recorded one while it has that inode.
  const isValid = stat.isDirectory() ? record?.file.inode === stat.ino : record?.isOf(stat);
  return isValid ? record : undefined;
}

/** A file and what is known of it, if anything. Without a record, its metadata are those of the file. */
export function describeObject(
  key: string,
  stat: BigIntStats,
  record: ObjectRecord | undefined,
): WireObject {
  return {
    key,
    size: sizeOf(stat),
    md5: record?.md5,
    etag: record?.md5 ?? foreignEtag(stat),
    lastModified: Number(stat.mtimeNs / 1000n) / 1000,
    about: record?.about ?? writeAbout(undefined, metaDataOf(stat)),
  };
}

export function readObject({ about, ...rest }: WireObject): FoundObject {
  const { contentType, metaData } = readAbout(about);
  return { contentType, metaData, ...rest };
}

/** As `describeObject`, without what only some ask for. */
export function bareObject(
  key: string,
  stat: BigIntStats,
  record: ObjectRecord | undefined,
): BareObject {
  const md5 = record?.md5;
  return { key, size: sizeOf(stat), md5, etag: md5 ?? foreignEtag(stat) };
}

function sizeOf(stat: BigIntStats): number {
  return stat.isDirectory() ? 0 : Number(stat.size);
}

/** An etag that is no digest. */
function foreignEtag({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ino}`;
}

/** Many objects as one text: a thousand of them cross between threads in a fraction of the time that as many values take. */
export function writeObjects(objects: readonly WireObject[]): string {
  const texts = objects.map(({ key, size, md5, etag, lastModified, about }) => {
    const digest = md5 === undefined ? `null,"${etag}"` : `"${md5}",null`;
    return `[${JSON.stringify(key)},${size},${digest},${lastModified},${about}]`;
  });
  return `[${texts.join(',')}]`;
}

type WrittenObject = readonly [
  key: string,
  size: number,
  md5: string | null,
  etag: string | null,
  lastModified: number,
  ParsedAbout,
];

export function readObjects(text: string): readonly FoundObject[] {
  return (JSON.parse(text) as WrittenObject[]).map(
    ([key, size, md5, etag, lastModified, [contentType, metaData]]) => ({
      key,
      size,
      md5: md5 ?? undefined,
      etag: md5 ?? etag ?? '',
      lastModified,
      contentType: contentType ?? undefined,
      metaData,
    }),
  );
}

export function toContainerInfo({ name, ...times }: WireContainer): ContainerInfo {
  return { name, extra: times };
}

const NO_CHECKSUMS: readonly Checksum[] = [];
const NO_META_DATA = {};

/** Unpacks the items only when they are read: most of these pages go packed to a thread that compares. */
export function toBarePage(container: string, { objects: packed, next }: BarePage): ObjectPage {
  return {
    get items() {
      return unpackObjects(packed).map((object) => toBareInfo(container, object));
    },
    packed,
    next,
  };
}

function toBareInfo(container: string, { key, size, md5, etag }: BareObject): ObjectInfo {
  const checksums = md5 === undefined ? NO_CHECKSUMS : [{ algorithm: 'md5' as const, hex: md5 }];
  return { container, key, size, checksums, metaData: NO_META_DATA, extra: { etag } };
}

export function toObjectInfo(
  container: string,
  { key, size, md5, contentType, metaData, etag, lastModified }: FoundObject,
): ObjectInfo {
  return {
    container,
    key,
    size,
    checksums: md5 === undefined ? [] : [{ algorithm: 'md5', hex: md5 }],
    metaData,
    extra: contentType === undefined ? { etag, lastModified } : { contentType, etag, lastModified },
  };
}
