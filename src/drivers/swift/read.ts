import type { Backend } from '../backend.js';
import { contentIn, isEmptyRange, noBytes, rangeHeader } from '../http/read-object.js';
import { surelyFound } from './all-replicas.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { refuseImpossible } from './names.js';

/** The content of an object, of a large one as a whole. */
export function readObject({ client }: SwiftContext): Backend['readObject'] {
  return async ({ container, key, etag }, range, call) => {
    call.signal.throwIfAborted();
    refuseImpossible({ container, key });
    if (isEmptyRange(range)) return noBytes();
    const wanted = rangeHeader(range);
    const about = { operation: 'getObject', action: 'read', container, key } as const;
    const answer = await surelyFound((headers) =>
      client.stream(
        {
          method: 'GET',
          ...about,
          readsContent: true,
          headers: { ...headers, ...(wanted !== undefined && { range: wanted }) },
          ...(wanted !== undefined && { accept: 416 }),
        },
        call,
      ),
    );
    return contentIn(answer, { key, etag, range: wanted, driver: SWIFT });
  };
}
