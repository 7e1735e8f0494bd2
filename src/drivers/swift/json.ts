import { parseTime } from '../../clock.js';
import { StorageError } from '../errors.js';
import { SWIFT } from './errors.js';

/** A body that must be a JSON list; one that was cut short or is something else rejects, worth another try. */
export function readList(what: string, body: Buffer): readonly Readonly<Record<string, unknown>>[] {
  if (body.byteLength === 0) return []; // 204: an account or container without entries
  try {
    const list: unknown = JSON.parse(body.toString('utf8'));
    if (Array.isArray(list)) return list;
  } catch (error) {
    throw new StorageError(`${what}: the answer is not a whole JSON document`, { driver: SWIFT, retry: 'backoff', cause: error });
  }
  throw new StorageError(`${what}: the answer is not a list`, { driver: SWIFT, retry: 'backoff' });
}

/** `last_modified` of a listing: UTC, mostly without saying so. Milliseconds since the epoch. */
export function listedTime(modified: unknown): number | undefined {
  if (typeof modified !== 'string') return undefined;
  return parseTime(/Z|[+-]\d\d:?\d\d$/.test(modified) ? modified : `${modified}Z`);
}
