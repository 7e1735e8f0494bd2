import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import { ObjectError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { requestEach } from '../http/quick-batch.js';
import { createPutRun } from '../put-run.js';
import type { SwiftRequest } from './client.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { checkContainer, checkKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { quoted } from './object-info.js';
import { confirmedMd5 } from './payload.js';
import type { Segments } from './segments.js';
import { refuseDropped } from './stored.js';

/**
 * A PUT for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. So does
 * an object that may replace a large one, whose segments are to be removed then.
 */
export function swiftQuickPut(
  { client, settings }: SwiftContext,
  segments: Pick<Segments, 'mayExist'>,
): QuickPut {
  function requestOf(container: string, object: QuickObject, mayReplaceLarge: boolean) {
    const { key, md5, bytes, options, replaces } = object;
    checkKey(key);
    if (mayReplaceLarge && replaces === 'unknown')
      throw new ObjectError(key, 'may replace an object that is made of segments', {
        driver: SWIFT,
        retry: 'backoff',
      });
    return {
      method: 'PUT',
      operation: 'putObject',
      action: 'put',
      container,
      key,
      needsContainer: true,
      headers: Object.assign(objectHeaders(settings, key, options), { etag: md5 }),
      body: bytes,
    } as const;
  }

  return {
    async putEach(container, objects, passage, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const mayReplaceLarge = await segments.mayExist(container, call);
      const objectAt = (row: number) => objects[row] as QuickObject;
      return requestEach<SwiftRequest, PutOutcome>(
        {
          client,
          createRun: createPutRun,
          sizes: objects.map(({ size }) => size),
          passage,
          requestOf: (row) => requestOf(container, objectAt(row), mayReplaceLarge),
          outcomeOf: (row, answer) => outcomeOf(objectAt(row), answer),
          failed: (error) => ({ error }),
        },
        call,
      );
    },
  };
}

function outcomeOf({ key, md5 }: QuickObject, answer: HttpAnswer): PutOutcome {
  try {
    refuseDropped(key, answer);
    const { etag } = answer.headers;
    confirmedMd5(key, etag, md5);
    return { stored: { md5, ...(etag !== undefined && { etag: quoted(etag) }) } };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
