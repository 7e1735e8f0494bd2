import { StorageError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { B2 } from './errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The body of an answer, which must be a JSON object; one that was cut short, or is something else, rejects, worth another try. */
export function readObject(action: string, { body }: Pick<HttpAnswer, 'body'>): JsonObject {
  let found: unknown;
  try {
    found = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw unreadable(action, 'is not a whole JSON document', error);
  }
  if (isObject(found)) return found;
  throw unreadable(action, 'is not a JSON object');
}

/** A member that must be a list of objects. */
export function listOf(
  action: string,
  document: JsonObject,
  member: string,
): readonly JsonObject[] {
  const found = document[member];
  if (Array.isArray(found) && found.every(isObject)) return found;
  throw unreadable(action, `has no list of ${member}`);
}

/** A member that must be a text of some length. */
export function textOf(action: string, document: JsonObject, member: string): string {
  const found = document[member];
  if (typeof found === 'string' && found !== '') return found;
  throw unreadable(action, `has no ${member}`);
}

/** A member that must be a whole number that is not negative: unknown is not 0. */
export function numberOf(action: string, document: JsonObject, member: string): number {
  const found = document[member];
  if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 0) return found;
  throw unreadable(action, `has no ${member}`);
}

/** Undefined: it is missing, null or no text. */
export function optionalText(document: JsonObject, member: string): string | undefined {
  const found = document[member];
  return typeof found === 'string' ? found : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(action: string, problem: string, cause?: unknown): StorageError {
  const context = { driver: B2, retry: 'backoff', ...(cause !== undefined && { cause }) } as const;
  return new StorageError(`${action}: the answer ${problem}`, context);
}
