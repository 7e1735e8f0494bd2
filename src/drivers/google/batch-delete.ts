import type { Call } from '../call.js';
import type { BatchDelete } from '../capabilities.js';
import { StorageError } from '../errors.js';
import { type InnerAnswer, type InnerRequest, MOST_CALLS, sendBatch } from './batch.js';
import type { GoogleContext } from './context.js';
import { GOOGLE, toStorageError } from './errors.js';
import { readFailure } from './failure.js';
import { checkContainer, isPossibleKey, objectPath } from './names.js';
import { GENERATION_FIELDS, replaced } from './objects.js';
import { generationOf } from './resource.js';

/**
 * The generations of up to 100 objects are looked up together, then just these generations are deleted together. A key whose
 * answer is missing has failed.
 */
export function batchDelete(context: GoogleContext): BatchDelete {
  const { clock } = context;
  const send = sendBatch(context);

  /** An answer that is no success, as an error; undefined for a missing object. */
  function failureOf(
    answer: InnerAnswer | undefined,
    container: string,
    key: string,
  ): Error | undefined {
    if (answer === undefined) return unanswered(container, key);
    if (answer.status === 404) return undefined;
    const failure = readFailure(answer, answer.body, clock.now());
    return toStorageError(failure, { action: 'delete', container, key, condition: key });
  }

  async function generations(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    call: Call,
  ): Promise<ReadonlyMap<string, string>> {
    const requests = keys.map(
      (key): InnerRequest => ({
        method: 'GET',
        path: `${objectPath({ container, key })}?fields=${encodeURIComponent(GENERATION_FIELDS)}`,
      }),
    );
    const answers = await send(container, requests, call);
    const seen = new Map<string, string>();
    for (const [at, key] of keys.entries()) {
      const answer = answers[at];
      if (answer?.status === 200) {
        const generation = generationIn(answer);
        if (generation === undefined) failures.set(key, unanswered(container, key));
        else seen.set(key, generation);
        continue;
      }
      const failure = failureOf(answer, container, key);
      if (failure !== undefined) failures.set(key, failure);
    }
    return seen;
  }

  async function together(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    call: Call,
  ): Promise<void> {
    const seen = [...(await generations(container, keys, failures, call))];
    if (seen.length === 0) return;
    const requests = seen.map(
      ([key, generation]): InnerRequest => ({
        method: 'DELETE',
        path: `${objectPath({ container, key })}?ifGenerationMatch=${generation}`,
      }),
    );
    const answers = await send(container, requests, call);
    for (const [at, [key, generation]] of seen.entries()) {
      const answer = answers[at];
      if (answer?.status === 204) continue;
      const failure =
        answer?.status === 412 ? replaced(key, generation) : failureOf(answer, container, key);
      if (failure !== undefined) failures.set(key, failure);
    }
  }

  return {
    maxKeys: MOST_CALLS,
    async deleteObjects(container, given, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const keys = [...new Set(given)].filter(isPossibleKey);
      const failures = new Map<string, Error>();
      for (let at = 0; at < keys.length; at += MOST_CALLS)
        await together(container, keys.slice(at, at + MOST_CALLS), failures, call);
      return failures;
    },
  };
}

function generationIn({ body }: InnerAnswer): string | undefined {
  try {
    return generationOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function unanswered(container: string, key: string): StorageError {
  return new StorageError(
    `delete "${key}" in "${container}": the answer does not say what became of it`,
    { driver: GOOGLE, retry: 'backoff' },
  );
}
