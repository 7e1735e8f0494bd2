import type { PutOutcome, QuickObject, QuickPut } from '../capabilities.js';
import type { HttpAnswer } from '../http/exchange.js';
import { requestEach } from '../http/quick-batch.js';
import { createPutRun } from '../put-run.js';
import type { SwiftRequest } from './client.js';
import type { SwiftContext } from './context.js';
import { checkContainer, checkKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { quoted } from './object-info.js';
import { confirmedMd5 } from './payload.js';
import type { Segments } from './segments.js';
import { refuseDropped } from './stored.js';

/**
 * A PUT for each object, with nothing but that one request: what takes more than that fails here, and putObject does it. An
 * object that may replace a large one, whose segments are to be removed then, is not begun.
 */
export function swiftQuickPut(
  { client, settings }: SwiftContext,
  segments: Pick<Segments, 'mayExist'>,
): QuickPut {
  function requestOf(container: string, { key, md5, bytes, options }: QuickObject) {
    checkKey(key);
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
      const rows = [...objects.keys()].filter(
        (row) => !(mayReplaceLarge && objects[row]?.replaces === 'unknown'),
      );
      const objectAt = (at: number) => objects[rows[at] ?? 0] as QuickObject;
      const sent = await requestEach<SwiftRequest, PutOutcome>(
        {
          client,
          createRun: createPutRun,
          sizes: rows.map((row) => objects[row]?.size ?? 0),
          passage,
          requestOf: (at) => requestOf(container, objectAt(at)),
          outcomeOf: (at, answer) => outcomeOf(objectAt(at), answer),
          failed: (error) => ({ error }),
        },
        call,
      );
      const outcomes = new Array<PutOutcome | undefined>(objects.length).fill(undefined);
      for (const [at, row] of rows.entries()) outcomes[row] = sent[at];
      return outcomes;
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
