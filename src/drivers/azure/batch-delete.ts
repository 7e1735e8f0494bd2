import { randomUUID } from 'node:crypto';
import type { Call } from '../call.js';
import type { BatchDelete } from '../capabilities.js';
import {
  ContainerAccessDeniedError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  StorageError,
  UnsupportedOperationError,
} from '../errors.js';
import { eachInParallel } from '../parallel.js';
import { AZURE_PROTOCOL } from './answers.js';
import { readBatch, type SubAnswer, writeBatch } from './batch-body.js';
import { type AzureContext, SLOW_ANSWER_MS } from './context.js';
import { AZURE, toStorageError } from './errors.js';
import { readFailure } from './failure.js';
import { checkContainer, isPossibleKey } from './names.js';
import type { ObjectOperations } from './objects.js';

const MAX_KEYS = 256;
/** Where the store has no batches, keys go one by one, this many at once. */
const LANES = 16;

export function batchDelete(
  { client, clock }: AzureContext,
  { deleteObject }: Pick<ObjectOperations, 'deleteObject'>,
): BatchDelete {
  async function deleteTogether(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    call: Call,
  ): Promise<void> {
    const authorization = await client.authorization(call);
    const deletes = keys.map((key) => client.deleteInBatch(container, key, authorization));
    const boundary = `batch_${randomUUID()}`;
    const { headers, body } = await client.request(
      {
        method: 'POST',
        operation: 'batch',
        action: 'delete several objects',
        container,
        query: { restype: 'container', comp: 'batch' },
        headers: { 'content-type': `multipart/mixed; boundary=${boundary}` },
        body: writeBatch(boundary, deletes),
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    const unanswered = new Set(keys);
    for (const answer of readBatch(headers['content-type'], body.toString('utf8'))) {
      const key = keys[answer.at];
      if (key === undefined || !AZURE_PROTOCOL.isMarked(answer.headers)) continue;
      unanswered.delete(key);
      const error = errorOf(container, key, answer);
      if (error !== undefined) failures.set(key, error);
    }
    for (const key of unanswered) failures.set(key, unknownOutcome(container, key));
  }

  /** Undefined: the object is gone. */
  function errorOf(container: string, key: string, answer: SubAnswer): Error | undefined {
    const { status, headers, body } = answer;
    if (status === 202) return undefined;
    const failure = readFailure(status, headers, body, clock.now());
    const error = toStorageError(failure, { action: 'delete', container, key });
    return error instanceof ObjectDoesNotExistError ? undefined : error;
  }

  async function deleteAlone(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    { signal: stop }: Call,
  ): Promise<void> {
    await eachInParallel(keys, LANES, stop, async (key, signal) => {
      try {
        await deleteObject({ container, key }, { signal });
      } catch (error) {
        signal.throwIfAborted();
        failures.set(key, error instanceof Error ? error : unknownOutcome(container, key));
      }
    });
  }

  return {
    maxKeys: MAX_KEYS,
    async deleteObjects(container, given, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const keys = [...new Set(given)].filter(isPossibleKey);
      const failures = new Map<string, Error>();
      for (let at = 0; at < keys.length; at += MAX_KEYS) {
        const some = keys.slice(at, at + MAX_KEYS);
        try {
          await deleteTogether(container, some, failures, call);
        } catch (error) {
          if (error instanceof UnsupportedOperationError)
            await deleteAlone(container, some, failures, call);
          else if (error instanceof ContainerAccessDeniedError)
            for (const key of some) failures.set(key, notAllowed(key, error));
          else throw error;
        }
      }
      return failures;
    },
  };
}

/** An account that may write but not delete (a backup that cannot be wiped out) can go on writing. */
function notAllowed(key: string, cause: Error): ObjectAccessDeniedError {
  return new ObjectAccessDeniedError(key, `was not deleted: ${cause.message}`, {
    driver: AZURE,
    cause,
  });
}

function unknownOutcome(container: string, key: string): StorageError {
  return new StorageError(
    `delete "${key}" in "${container}": the answer does not say what became of it`,
    { driver: AZURE, retry: 'backoff' },
  );
}
