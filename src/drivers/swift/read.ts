import type { Backend } from '../backend.js';
import type { ByteRange, Call, ReadRef } from '../call.js';
import { ObjectDoesNotExistError } from '../errors.js';
import { contentIn, isEmptyRange, noBytes, rangeHeader } from '../http/read-object.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { refuseImpossible } from './names.js';

/**
 * The content of an object, of a large one as a whole.
 *
 * A 404 is believed when all replicas have given it. An object server that reads while the object is replaced
 * lists its files first and opens one then, and says 404 when the new version has removed that one in between
 * (`DiskFile.open` in swift/obj/diskfile.py); a replica that has not received the object yet says it, too.
 */
export function readObject(context: SwiftContext): Backend['readObject'] {
  return async (ref, range, call) => {
    call.signal.throwIfAborted();
    refuseImpossible(ref);
    if (isEmptyRange(range)) return noBytes();
    try {
      return await read(context, ref, range, call, {});
    } catch (error) {
      if (!(error instanceof ObjectDoesNotExistError)) throw error;
      return read(context, ref, range, call, ALL_REPLICAS);
    }
  };
}

/** https://docs.openstack.org/api-ref/object-store/#get-object-content-and-metadata */
const ALL_REPLICAS = { 'x-newest': 'true' };

async function read(
  { client }: SwiftContext,
  ref: ReadRef,
  range: ByteRange | undefined,
  call: Call,
  headers: Readonly<Record<string, string>>,
): Promise<AsyncIterable<Uint8Array>> {
  const wanted = rangeHeader(range);
  const answer = await client.stream(
    {
      method: 'GET',
      operation: 'getObject',
      action: 'read',
      container: ref.container,
      key: ref.key,
      headers: { ...headers, ...(wanted !== undefined && { range: wanted }) },
      ...(wanted !== undefined && { accept: 416 }),
    },
    call,
  );
  return contentIn(answer, { key: ref.key, etag: ref.etag, range: wanted, driver: SWIFT });
}
