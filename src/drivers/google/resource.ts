import { parseTime } from '../../clock.js';
import { isWellFormed } from '../../utf8-order.js';
import type { Checksum, ObjectInfo, PutOptions } from '../call.js';
import { StorageError, UnsupportedOperationError } from '../errors.js';
import { headersByPattern, storageClassByPattern } from '../header-rules.js';
import { rfc3339FromSeconds, secondsFromRfc3339 } from '../metadata-time.js';
import { memberOf, textOf } from './auth/members.js';
import { GOOGLE } from './errors.js';
import { unreadable } from './json.js';
import type { GoogleSettings } from './settings.js';
import { storageClassNamed } from './storage-classes.js';

// An object as the JSON API describes it: https://cloud.google.com/storage/docs/json_api/v1/objects#resource

/** The fields that are read of an object. */
export const OBJECT_FIELDS =
  'kind,name,size,md5Hash,crc32c,generation,metageneration,updated,timeDeleted,contentType,contentEncoding,contentLanguage,contentDisposition,cacheControl,storageClass,componentCount,metadata';
/** The same for a listing whose reader needs no description. */
export const BARE_FIELDS = 'name,size,md5Hash,crc32c,generation';

/** Header, and field of the resource, and name in `ObjectInfo.extra`. */
const DESCRIBED = {
  'content-type': 'contentType',
  'cache-control': 'cacheControl',
  'content-encoding': 'contentEncoding',
  'content-disposition': 'contentDisposition',
  'content-language': 'contentLanguage',
} as const;

/** Fields of the description that a reader sees as headers. */
export const DESCRIPTION: readonly string[] = Object.values(DESCRIBED);

/** An object as the JSON API has it, or some of it. */
export type Resource = Readonly<Record<string, unknown>>;

export type Described = Pick<
  PutOptions,
  'contentType' | 'metaData' | 'storageClass' | 'bookkeeping'
> &
  Partial<Pick<PutOptions, 'headers'>>;

/** The description of a new object. Throws StorageError for headers, metadata and classes that Google cannot hold. */
export function resourceOf(key: string, options: Described, settings: GoogleSettings): Resource {
  const storageClass = classOf(key, options, settings);
  const isHeld = settings.temporary_hold && !options.bookkeeping;
  return {
    ...fieldsOf({
      'content-type': options.contentType,
      ...headersByPattern(settings.headers, key),
      ...lowerCase(options.headers ?? {}),
    }),
    metadata: metadataOf(options.metaData),
    ...(storageClass !== undefined && { storageClass }),
    ...(isHeld && { temporaryHold: true }),
  };
}

function classOf(
  key: string,
  { storageClass: wanted, bookkeeping }: Described,
  settings: GoogleSettings,
): string | undefined {
  if (bookkeeping) return undefined; // the bucket's default
  const chosen = wanted ?? storageClassByPattern(settings.headers, key) ?? settings.storage_class;
  return chosen === undefined ? undefined : storageClassNamed(chosen);
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function fieldsOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'expires')
      throw new UnsupportedOperationError(
        'Google Cloud Storage keeps no Expires header of an object: use cache_control',
        { driver: GOOGLE },
      );
    const field = Object.hasOwn(DESCRIBED, name)
      ? DESCRIBED[name as keyof typeof DESCRIBED]
      : undefined;
    if (field === undefined || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new StorageError(`header "${name}" cannot be kept with an object`, { driver: GOOGLE });
    fields[field] = value;
  }
  return fields;
}

/** The time of the file as gsutil and gcloud keep it: whole seconds since the epoch. */
const GSUTIL_MTIME = 'goog-reserved-file-mtime';

/** rclone reads `mtime` as RFC 3339 here, and Google's own tools a field of theirs, so an object has both. */
function metadataOf(metaData: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(metaData).map(([key, value]) => {
    if (!isWellFormed(key) || !isWellFormed(value))
      throw new StorageError(`metadata key "${key}", or its value, has no UTF-8 form`, {
        driver: GOOGLE,
      });
    return [key.toLowerCase(), value] as const;
  });
  const metadata: Record<string, string> = Object.fromEntries(pairs);
  const { mtime = '' } = metadata;
  const time = rfc3339FromSeconds(mtime);
  if (time === undefined) return metadata;
  return { ...metadata, mtime: time, [GSUTIL_MTIME]: String(Math.floor(Number(mtime))) };
}

/** An object as an answer describes it. Throws StorageError, worth another try, for a description without name, size or generation. */
export function infoOf(container: string, resource: unknown, what: string): ObjectInfo {
  const key = textOf(resource, 'name');
  const generation = generationOf(resource);
  if (key === undefined || generation === undefined)
    throw unreadable(what, 'has an object without name or generation');
  return {
    container,
    key,
    size: sizeOf(resource, what),
    checksums: checksumsOf(resource),
    metaData: metaDataIn(resource),
    extra: { ...extraOf(resource), etag: etagOf(generation), versionId: generation },
  };
}

/** Generations are numbers of 64 bits, and so stay text. */
export function generationOf(resource: unknown): string | undefined {
  const generation = textOf(resource, 'generation');
  return generation !== undefined && /^\d+$/.test(generation) ? generation : undefined;
}

/** The generation, in quotes as HTTP has ETags. Google's own ETags differ between its two APIs. */
export function etagOf(generation: string): string {
  return `"${generation}"`;
}

/** Undefined: no object of this provider can have such an ETag. */
export function generationIn(etag: string): string | undefined {
  return /^"?(\d{1,19})"?$/.exec(etag)?.[1];
}

function sizeOf(resource: unknown, what: string): number {
  const size = textOf(resource, 'size') ?? '';
  if (/^\d+$/.test(size) && Number.isSafeInteger(Number(size))) return Number(size);
  throw unreadable(what, 'has an object without a size');
}

/** MD5 first, which objects that were made of parts lack. */
export function checksumsOf(resource: unknown): readonly Checksum[] {
  const md5 = hexOf(textOf(resource, 'md5Hash'), 16);
  const crc32c = hexOf(textOf(resource, 'crc32c'), 4);
  return [
    ...(md5 === undefined ? [] : [{ algorithm: 'md5' as const, hex: md5 }]),
    ...(crc32c === undefined ? [] : [{ algorithm: 'crc32c' as const, hex: crc32c }]),
  ];
}

/** Google writes digests in Base64. Undefined: it is none of so many bytes. */
export function hexOf(base64: string | undefined, bytes: number): string | undefined {
  const digest = Buffer.from(base64 ?? '', 'base64');
  return digest.byteLength === bytes ? digest.toString('hex') : undefined;
}

export function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function metaDataIn(resource: unknown): Record<string, string> {
  const metadata = memberOf(resource, 'metadata');
  if (typeof metadata !== 'object' || metadata === null) return {};
  const { [GSUTIL_MTIME]: seconds, ...metaData } = Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), String(value)]),
  );
  const written = metaData['mtime'];
  const time = written === undefined ? seconds : secondsFromRfc3339(written);
  return time === undefined ? metaData : { ...metaData, mtime: time };
}

function extraOf(resource: unknown): Record<string, unknown> {
  const extra: Record<string, unknown> = {};
  for (const name of [...Object.values(DESCRIBED), 'storageClass', 'metageneration']) {
    const value = textOf(resource, name);
    if (value !== undefined) extra[name] = value;
  }
  const components = memberOf(resource, 'componentCount');
  if (typeof components === 'number') extra['componentCount'] = components;
  const updated = textOf(resource, 'updated');
  if (updated !== undefined) extra['lastModified'] = parseTime(updated);
  return extra;
}
