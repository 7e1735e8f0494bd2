import { createHash } from 'node:crypto';
import { type Clock, isoTime } from '../../clock.js';
import type { PutOptions } from '../call.js';
import { StorageError } from '../errors.js';
import { headersByPattern, storageClassByPattern } from '../header-rules.js';
import { encodeMetadataValue } from '../http/encoded-words.js';
import { encodeQuery } from './encode.js';
import { S3 } from './errors.js';
import { isMetadataKey, METADATA_PREFIX } from './metadata.js';
import type { Profile } from './profiles.js';
import type { S3Settings } from './settings.js';
import { storageClassNamed } from './storage-classes.js';

type Headers = Record<string, string>;

/** The headers that the settings and a call's options put on requests about objects. */
export interface ObjectHeaders {
  /** For what makes an object: put, copy, the begin of an upload in parts. */
  create(key: string, options: Described): Headers;
  /** For what reads or completes one: the customer's key, where there is one. */
  readonly access: Readonly<Record<string, string>>;
  /** The customer's key of the source of a copy. */
  readonly copySource: Readonly<Record<string, string>>;
}

type Described = Pick<
  PutOptions,
  'contentType' | 'metaData' | 'headers' | 'storageClass' | 'bookkeeping'
>;

export function objectHeaders(settings: S3Settings, profile: Profile, clock: Clock): ObjectHeaders {
  const access = customerKey(settings, 'x-amz-server-side-encryption-customer-');
  const fixed: Headers = { ...access, ...encryption(settings), ...policy(settings) };
  return {
    access,
    copySource: customerKey(settings, 'x-amz-copy-source-server-side-encryption-customer-'),
    create: (key, options) => ({
      ...fixed,
      ...(options.bookkeeping ? {} : retention(settings, clock)),
      'content-type': options.contentType,
      ...storageClass(settings, profile, key, options),
      ...headersByPattern(settings.headers, key),
      ...metadata(options.metaData),
      ...given(options.headers),
    }),
  };
}

function encryption({ encryption: chosen }: S3Settings): Headers {
  if (chosen?.type === 's3') return { 'x-amz-server-side-encryption': 'AES256' };
  if (chosen?.type !== 'kms') return {};
  const key = chosen.kms_key;
  return {
    'x-amz-server-side-encryption': 'aws:kms',
    ...(key !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': key }),
  };
}

function customerKey({ encryption: chosen }: S3Settings, prefix: string): Headers {
  if (chosen?.type !== 'customer' || chosen.customer_key === undefined) return {};
  const key = Buffer.from(chosen.customer_key.reveal(), 'base64');
  if (key.byteLength !== 32) {
    throw new StorageError(
      'encryption.customer_key must be 256 bits in Base64 (openssl rand -base64 32)',
      { driver: S3 },
    );
  }
  return {
    [`${prefix}algorithm`]: 'AES256',
    [`${prefix}key`]: key.toString('base64'),
    [`${prefix}key-md5`]: createHash('md5').update(key).digest('base64'),
  };
}

function policy({ acl, tags }: S3Settings): Headers {
  return {
    ...(acl !== undefined && { 'x-amz-acl': acl }),
    ...(tags.length > 0 && {
      'x-amz-tagging': encodeQuery(Object.fromEntries(tags.map(({ key, value }) => [key, value]))),
    }),
  };
}

function retention({ object_lock: lock }: S3Settings, clock: Clock): Headers {
  if (lock === undefined) return {};
  return {
    ...(lock.mode !== undefined && { 'x-amz-object-lock-mode': lock.mode.toUpperCase() }),
    ...(lock.retain !== undefined && {
      'x-amz-object-lock-retain-until-date': isoTime(clock.now() + lock.retain),
    }),
    ...(lock.legal_hold && { 'x-amz-object-lock-legal-hold': 'ON' }),
  };
}

function storageClass(
  settings: S3Settings,
  profile: Profile,
  key: string,
  { storageClass: wanted, bookkeeping }: Described,
): Headers {
  if (bookkeeping) return {}; // the provider's default, which is read at once
  const chosen = wanted ?? storageClassByPattern(settings.headers, key) ?? settings.storage_class;
  return chosen === undefined ? {} : { 'x-amz-storage-class': storageClassNamed(chosen, profile) };
}

function metadata(metaData: PutOptions['metaData']): Headers {
  const headers: Headers = {};
  for (const [key, value] of Object.entries(metaData)) {
    const name = key.toLowerCase();
    if (!isMetadataKey(name))
      throw new StorageError(`metadata key "${key}" cannot be the name of an HTTP header`, {
        driver: S3,
      });
    headers[METADATA_PREFIX + name] = encodeMetadataValue(value);
  }
  return headers;
}

/** Headers of the protocol itself: a setting for one of these would break the request. */
const RESERVED =
  /^(content-length|host|transfer-encoding|connection|authorization|x-amz-date|x-amz-content-sha256)$/;

function given(headers: PutOptions['headers']): Headers {
  const checked: Headers = {};
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    if (!isMetadataKey(name) || RESERVED.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new StorageError(`header "${key}" cannot be sent with an object`, { driver: S3 });
    }
    checked[name] = value;
  }
  return checked;
}
