import { isWellFormed } from '../../utf8-order.js';
import type { ObjectRef } from '../call.js';
import { nameChecks } from '../http/name-checks.js';
import { GOOGLE } from './errors.js';

// https://cloud.google.com/storage/docs/objects#naming and https://cloud.google.com/storage/docs/buckets#naming

export const MAX_KEY_BYTES = 1024;

const CONTAINER_RULE =
  '3 to 63 lower-case letters, digits, "-" and "_" (222 with dots, 63 between two of them) that begin and end with a letter or digit, no IP address, and without "google"';

export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!isWellFormed(key)) return 'it has no UTF-8 form';
  if (/[\r\n]/.test(key)) return 'Google Cloud Storage takes no line end in a name';
  if (key === '.' || key === '..') return 'Google Cloud Storage takes neither "." nor ".."';
  if (key.startsWith('.well-known/acme-challenge/'))
    return 'Google Cloud Storage takes no name that begins with ".well-known/acme-challenge/"';
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES
    ? `it has ${bytes} bytes, where ${MAX_KEY_BYTES} are allowed`
    : undefined;
}

export function isPossibleKey(key: string): boolean {
  return keyProblem(key) === undefined;
}

export function newContainerProblem(name: string): string | undefined {
  const isAllowed =
    isContainerName(name) &&
    (name.length <= 63 || name.includes('.')) &&
    name.split('.').every((part) => part !== '' && part.length <= 63) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^goog|google|g00gle/.test(name);
  return isAllowed ? undefined : CONTAINER_RULE;
}

/** Of old, buckets could have other names than can be created now. */
export function isContainerName(name: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name);
}

export const { checkKey, checkNewContainer, checkContainer, refuseImpossible } = nameChecks({
  driver: GOOGLE,
  keyProblem,
  isPossibleKey,
  newContainerProblem,
  isContainerName,
});

/** A name as one segment of a path: `/` is encoded as well, and so is what encodeURIComponent leaves. */
export function encodeSegment(name: string): string {
  return /^[A-Za-z0-9_.~-]*$/.test(name)
    ? name
    : encodeURIComponent(name).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      );
}

/** A name as a path of the XML API, in which `/` stays. */
export function encodePath(name: string): string {
  return name.split('/').map(encodeSegment).join('/');
}

/** Below the root of the JSON API. */
export function bucketPath(container: string): string {
  return `/storage/v1/b/${encodeSegment(container)}`;
}

/** Below the root of the JSON API. */
export function objectPath({ container, key }: ObjectRef): string {
  return `${bucketPath(container)}/o/${encodeSegment(key)}`;
}

export function uploadPath(container: string): string {
  return `/upload${bucketPath(container)}/o`;
}

/** In the XML API. */
export function xmlPath(container: string, key?: string): string {
  return `/${encodeSegment(container)}${key === undefined ? '' : `/${encodePath(key)}`}`;
}
