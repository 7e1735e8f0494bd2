import type { Backend } from '../backend.js';
import { contentIn, isEmptyRange, noBytes, rangeHeader } from '../http/read-object.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { refuseImpossible } from './names.js';

/** The content of an object, of a large one as a whole. */
export function readObject({ client }: SwiftContext): Backend['readObject'] {
  return async (ref, range, call) => {
    call.signal.throwIfAborted();
    refuseImpossible(ref);
    if (isEmptyRange(range)) return noBytes();
    const wanted = rangeHeader(range);
    const ranged = wanted === undefined ? {} : { headers: { range: wanted }, accept: 416 };
    const answer = await client.stream(
      {
        method: 'GET',
        operation: 'getObject',
        action: 'read',
        container: ref.container,
        key: ref.key,
        ...ranged,
      },
      call,
    );
    return contentIn(answer, { key: ref.key, etag: ref.etag, range: wanted, driver: SWIFT });
  };
}
