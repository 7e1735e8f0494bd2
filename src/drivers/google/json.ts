import { StorageError } from '../errors.js';
import { GOOGLE } from './errors.js';

/** A body that must be a JSON document; one that was cut short or is something else rejects, worth another try. */
export function readDocument(what: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw unreadable(what, 'is not a whole JSON document', error);
  }
}

export function unreadable(what: string, problem: string, cause?: unknown): StorageError {
  return new StorageError(`${what}: the answer ${problem}`, {
    driver: GOOGLE,
    retry: 'backoff',
    cause,
  });
}
