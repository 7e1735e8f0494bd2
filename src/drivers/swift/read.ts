import type { Backend } from '../backend.js';
import { StorageError } from '../errors.js';
import type { SwiftContext } from './context.js';
import { fromTransport, SWIFT } from './errors.js';
import { refuseImpossible } from './names.js';

/** The content of an object, of a large one as a whole. */
export function readObject({ client }: SwiftContext): Backend['readObject'] {
  return async (ref, range, call) => {
    call.signal.throwIfAborted();
    refuseImpossible(ref);
    if (range?.end !== undefined && range.end <= range.start) return nothing();
    const wanted = range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
    const ranged = wanted === undefined ? {} : { headers: { range: wanted }, accept: 416 };
    const { status, headers, body } = await client.stream(
      { method: 'GET', action: 'read', container: ref.container, key: ref.key, ...ranged },
      call,
    );
    if (status === 206 || (status === 200 && wanted === undefined)) return withStorageErrors(body);
    await discard(body);
    if (status === 416 || headers['content-length'] === '0') return nothing(); // the range begins at the end, or after it
    throw new StorageError(`read "${ref.key}": the provider ignored the range ${wanted}`, { driver: SWIFT });
  };
}

async function* withStorageErrors(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw fromTransport(error);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) break;
}
