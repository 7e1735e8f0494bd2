import type { ByteRange, Call, ObjectRef } from '../call.js';
import { StorageError } from '../errors.js';
import type { S3Context } from './context.js';
import { fromTransport, S3 } from './errors.js';
import { refuseImpossible, target } from './objects.js';

export type Read = (ref: ObjectRef, range: ByteRange | undefined, call: Call, versionId?: string) => Promise<AsyncIterable<Uint8Array>>;

/** The content of an object, or of one of its versions. */
export function s3Read({ client, headers: objectHeaders }: S3Context): Read {
  return async (ref, range, call, versionId) => {
    refuseImpossible(ref);
    if (range?.end !== undefined && range.end <= range.start) return nothing();
    const wanted = range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
    const headers = { ...objectHeaders.access, ...(wanted !== undefined && { range: wanted }) };
    const { status, body } = await client.stream(
      { method: 'GET', action: 'read', ...target(ref), headers, query: { versionId }, ...(wanted !== undefined && { accept: 416 }) },
      call,
    );
    if (status === 206 || (status === 200 && wanted === undefined)) return withStorageErrors(body);
    await discard(body);
    if (status === 416) return nothing(); // the range begins at the end of the object, or after it
    throw new StorageError(`read "${ref.key}": the provider ignored the range ${wanted}`, { driver: S3 });
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
  for await (const _ of body);
}
