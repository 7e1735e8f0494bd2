import { parseTime } from '../../clock.js';
import { StorageError } from '../errors.js';
import { SWIFT } from './errors.js';

export interface ListedEntry extends Readonly<Record<string, unknown>> {
  readonly name: string;
}

/** A body that must be a JSON list; one that was cut short or is something else rejects, worth another try. */
export function readList(what: string, body: Buffer): readonly Readonly<Record<string, unknown>>[] {
  if (body.byteLength === 0) return []; // 204: an account or container without entries
  let list: unknown;
  try {
    list = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new StorageError(`${what}: the answer is not a whole JSON document`, {
      driver: SWIFT,
      retry: 'backoff',
      cause: error,
    });
  }
  if (Array.isArray(list)) return list;
  throw new StorageError(`${what}: the answer is not a list`, { driver: SWIFT, retry: 'backoff' });
}

/** The entries of a listing. Throws when one has no name. */
export function readEntries(what: string, body: Buffer): readonly ListedEntry[] {
  const list: readonly unknown[] = readList(what, body);
  if (list.every(hasName)) return list;
  throw new StorageError(`${what}: an entry has no name`, { driver: SWIFT, retry: 'backoff' });
}

function hasName(entry: unknown): entry is ListedEntry {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    typeof (entry as { readonly name?: unknown }).name === 'string'
  );
}

/** The `bytes` of an entry. One without a size rejects: unknown is not 0. */
export function listedSize(what: string, { bytes }: ListedEntry): number {
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new StorageError(`${what}: an entry has no size`, { driver: SWIFT, retry: 'backoff' });
}

/** `last_modified` of a listing: UTC, mostly without saying so. Milliseconds since the epoch. */
export function listedTime(modified: unknown): number | undefined {
  if (typeof modified !== 'string') return undefined;
  return parseTime(/Z|[+-]\d\d:?\d\d$/.test(modified) ? modified : `${modified}Z`);
}
