import type { Checksum, ContainerInfo, ObjectInfo, ObjectPage } from '../call.js';
import { type BareObject, unpackObjects } from '../packed-objects.js';
import type { FoundObject } from './object.js';
import type { BarePage, WireContainer } from './protocol.js';

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
