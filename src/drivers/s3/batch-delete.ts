import { hash } from 'node:crypto';
import type { Call } from '../call.js';
import type { BatchDelete } from '../capabilities.js';
import {
  ContainerAccessDeniedError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  StorageError,
} from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { childrenOf, elementOf, survivesXml, textOf, type XmlElement } from '../http/xml.js';
import { eachInParallel } from '../parallel.js';
import type { S3Context } from './context.js';
import { S3, toStorageError } from './errors.js';
import { requestIdOf } from './failure.js';
import { checkContainer, isPossibleKey } from './names.js';
import type { objectOperations } from './objects.js';
import { requestXml } from './request-xml.js';

/** Keys that XML cannot carry go one by one, this many at once. */
const LANES = 8;

export function batchDelete(
  { client, profile }: S3Context,
  { deleteObject }: Pick<ReturnType<typeof objectOperations>, 'deleteObject'>,
): BatchDelete | undefined {
  const maxKeys = profile.batchDelete;
  if (maxKeys === undefined) return undefined;

  async function deleteTogether(
    container: string,
    keys: readonly string[],
    failures: Map<string, Error>,
    call: Call,
  ): Promise<void> {
    const body = requestXml('Delete', { Quiet: 'false', Object: keys.map((Key) => ({ Key })) });
    let answer: HttpAnswer;
    try {
      answer = await client.request(
        {
          method: 'POST',
          operation: 'deleteObjects',
          action: 'delete several objects',
          container,
          query: { delete: '' },
          headers: {
            'content-type': 'application/xml',
            'content-md5': hash('md5', body, 'base64'),
          },
          body,
          payload: hash('sha256', body, 'hex'),
        },
        call,
      );
    } catch (error) {
      if (!(error instanceof ContainerAccessDeniedError)) throw error;
      // An account that may write but not delete (a backup that cannot be wiped out) can go on writing.
      for (const key of keys)
        failures.set(
          key,
          new ObjectAccessDeniedError(key, `was not deleted: ${error.message}`, {
            driver: S3,
            cause: error,
          }),
        );
      return;
    }
    readAnswer(container, keys, elementOf(answer.body), requestIdOf(answer.headers), failures);
  }

  return {
    maxKeys,
    async deleteObjects(container, given, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const keys = [...new Set(given)].filter(isPossibleKey);
      const failures = new Map<string, Error>();
      const together = keys.filter(survivesXml);
      for (let at = 0; at < together.length; at += maxKeys) {
        await deleteTogether(container, together.slice(at, at + maxKeys), failures, call);
      }
      const alone = keys.filter((key) => !survivesXml(key));
      await eachInParallel(alone, LANES, call.signal, async (key, signal) => {
        try {
          await deleteObject({ container, key }, { signal });
        } catch (error) {
          signal.throwIfAborted();
          failures.set(
            key,
            error instanceof Error ? error : new StorageError(String(error), { driver: S3 }),
          );
        }
      });
      return failures;
    },
  };
}

/** Only a key that the answer itself calls deleted, or not there, is gone. */
function readAnswer(
  container: string,
  keys: readonly string[],
  result: XmlElement,
  requestId: string | undefined,
  failures: Map<string, Error>,
): void {
  const unanswered = new Set(keys);
  for (const deleted of childrenOf(result, 'Deleted'))
    unanswered.delete(textOf(deleted, 'Key') ?? '');
  for (const refused of childrenOf(result, 'Error')) {
    const key = textOf(refused, 'Key') ?? '';
    const failure = {
      status: 200,
      code: textOf(refused, 'Code') ?? 'UnknownError',
      message: textOf(refused, 'Message') ?? '',
      requestId,
      region: undefined,
      retryAfterMs: undefined,
      dateMs: undefined,
    };
    unanswered.delete(key);
    const error = toStorageError(failure, { action: 'delete', container, key });
    if (!(error instanceof ObjectDoesNotExistError)) failures.set(key, error);
  }
  for (const key of unanswered) {
    const context = {
      driver: S3,
      retry: 'backoff',
      ...(requestId !== undefined && { requestId }),
    } as const;
    failures.set(
      key,
      new StorageError(
        `delete "${key}" in "${container}": the answer does not say what became of it`,
        context,
      ),
    );
  }
}
