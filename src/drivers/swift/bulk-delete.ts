import type { Call } from '../call.js';
import { StorageError } from '../errors.js';
import { encodePath } from '../http/encode.js';
import { readFailure } from '../http/text-failure.js';
import { eachInParallel } from '../parallel.js';
import { SLOW_ANSWER_MS, type SwiftContext } from './context.js';
import { SWIFT, toStorageError } from './errors.js';

/** Deletes objects without their segments. Resolves with those that failed, by key. */
export type DeleteTogether = (
  container: string,
  keys: readonly string[],
  call: Call,
) => Promise<Map<string, Error>>;

/** The service takes 10,000 (`/info`, bulk_delete); it works on them one after the other, so fewer at a time fail less. */
export const MAX_KEYS = 1000;
/** Swift refuses the whole request for one line over twice its longest path (swift/common/middleware/bulk.py). */
const LONGEST_LINE = 2000;
const LANES = 8;

/** https://docs.openstack.org/swift/latest/api/bulk-delete.html. Where the service has no bulk delete, objects go one by one. */
export function bulkDelete({ client, clock }: SwiftContext): DeleteTogether {
  let hasBulk = true;

  async function one(container: string, key: string, call: Call): Promise<void> {
    await client.request(
      {
        method: 'DELETE',
        operation: 'deleteObject',
        action: 'delete',
        container,
        key,
        accept: 404,
      },
      call,
    );
  }

  /** False when the service does not know what is asked of it. */
  async function together(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    call: Call,
  ): Promise<boolean> {
    const { body, headers } = await client.request(
      {
        method: 'POST',
        operation: 'bulkDelete',
        action: `delete several objects of "${container}"`,
        query: { 'bulk-delete': 'true' },
        headers: { 'content-type': 'text/plain', accept: 'application/json' },
        body: Buffer.from(keys.map((key) => lineOf(container, key)).join('\n')),
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    const answer = readAnswer(body);
    if (answer === undefined) return false;
    const unanswered = new Set(keys);
    for (const [name, status] of answer.errors) {
      const key = keyIn(container, name);
      if (key === undefined || !unanswered.delete(key)) continue;
      const failure = {
        ...readFailure(Number.parseInt(status, 10), headers, '', clock.now()),
        message: status,
      };
      failures.set(key, toStorageError(failure, { action: 'delete', container, key }));
    }
    // The answer names those that failed and only counts the others: unless the count is right, none of them is known to be gone.
    if (answer.gone !== unanswered.size) {
      for (const key of unanswered) failures.set(key, unknownFate(container, key, answer.status));
    }
    return true;
  }

  async function oneByOne(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    call: Call,
  ): Promise<void> {
    await eachInParallel(keys, LANES, call.signal, async (key, signal) => {
      try {
        await one(container, key, { signal });
      } catch (error) {
        signal.throwIfAborted();
        failures.set(
          key,
          error instanceof Error ? error : new StorageError(String(error), { driver: SWIFT }),
        );
      }
    });
  }

  return async (container, keys, call) => {
    const failures = new Map<string, Error>();
    const isLong = (key: string) => lineOf(container, key).length > LONGEST_LINE;
    const bulk = keys.filter((key) => !isLong(key));
    for (let at = 0; at < bulk.length; at += MAX_KEYS) {
      const chunk = bulk.slice(at, at + MAX_KEYS);
      if (hasBulk) hasBulk = await together(container, chunk, failures, call);
      if (!hasBulk) await oneByOne(container, chunk, failures, call);
    }
    await oneByOne(container, keys.filter(isLong), failures, call);
    return failures;
  };
}

function lineOf(container: string, key: string): string {
  return `/${encodePath(container)}/${encodePath(key)}`;
}

function keyIn(container: string, name: string): string | undefined {
  try {
    const path = decodeURIComponent(name).replace(/^\//, '');
    return path.startsWith(`${container}/`) ? path.slice(container.length + 1) : undefined;
  } catch {
    return undefined;
  }
}

interface BulkAnswer {
  readonly gone: number;
  readonly status: string;
  readonly errors: readonly (readonly [string, string])[];
}

/** Blanks come before the document, to keep the connection alive. */
function readAnswer(body: Buffer): BulkAnswer | undefined {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const {
    'Number Deleted': deleted,
    'Number Not Found': missing,
    'Response Status': status,
    Errors: errors,
  } = document;
  if (typeof deleted !== 'number' || typeof missing !== 'number' || !Array.isArray(errors))
    return undefined;
  const pairs = errors
    .filter((each): each is [string, string] => Array.isArray(each) && each.length === 2)
    .map(([n, s]) => [String(n), String(s)] as const);
  return { gone: deleted + missing, status: String(status), errors: pairs };
}

function unknownFate(container: string, key: string, status: string): StorageError {
  return new StorageError(
    `delete "${key}" in "${container}": the answer (${status}) does not say what became of it`,
    {
      driver: SWIFT,
      retry: 'backoff',
    },
  );
}
