import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import { ContainerDoesNotExistError } from '../errors.js';
import { encodePath } from '../http/encode.js';
import type { HttpAnswer } from '../http/exchange.js';
import { SLOW_ANSWER_MS, type SwiftContext } from './context.js';

/** Where a copy goes. */
export interface CopySink extends ObjectRef {
  /** For people, before the name of the object. */
  readonly action: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Lets the service copy one object, or a range of it. Rejects with PreconditionFailedError when the source is no longer
 * the object that `source` describes: Swift evaluates the condition as it reads it (middleware/copy.py).
 */
export type SendCopy = (source: ObjectInfo, sink: CopySink, call: Call) => Promise<HttpAnswer>;

export function copyRequests(
  { client }: SwiftContext,
  headObject: Backend['headObject'],
): SendCopy {
  return async ({ container, key, extra: { etag } }, sink, call) => {
    const headers = {
      ...sink.headers,
      'x-copy-from': `/${encodePath(container)}/${encodePath(key)}`,
      ...(typeof etag === 'string' && { 'if-match': etag }),
    };
    try {
      return await client.request(
        {
          ...sink,
          method: 'PUT',
          operation: 'copyObject',
          needsContainer: true,
          condition: key,
          headers,
          body: new Uint8Array(),
          answerWithinMs: SLOW_ANSWER_MS,
        },
        call,
      );
    } catch (error) {
      // One answer stands for a missing container and for a missing source; a HEAD of the source distinguishes them.
      if (error instanceof ContainerDoesNotExistError) await headObject({ container, key }, call);
      throw error;
    }
  };
}
