import type { Call, ObjectRef } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError } from '../errors.js';
import { fromSource } from '../http/refusal.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { SEGMENTS_METADATA } from './object-info.js';
import { confirmedMd5, type Payload, preparePayload } from './payload.js';
import { segmentsMark } from './segment-names.js';

/** Puts parts as segments, each with a mark that says which object it is for. */
export function uploadSegment(
  { client }: SwiftContext,
  { segments }: Pick<LargeObjectParts, 'segments'>,
  isOpen: (token: UploadToken, call: Call) => Promise<boolean>,
): Multipart['uploadPart'] {
  return async (token, number, body, call): Promise<Part> => {
    call.signal.throwIfAborted();
    const { container, key, opaque } = token;
    const isInTheClear = await client.isInTheClear(call);
    const payload = await preparePayload(key, body, body.checksums ?? [], isInTheClear, call);
    const segment = {
      container: segments.containerOf(container),
      key: segments.keyOf(container, opaque, number),
    };
    const action = `put segment ${number} of "${key}"`;
    const mark = segmentsMark({ container, key }, opaque);
    const { headers } = await putSegment(segment, action, mark, payload, call).catch(
      (error: unknown) => {
        throw fromSource(key, error, SWIFT);
      },
    );
    const md5 = confirmedMd5(key, headers['etag'], payload.sentMd5());
    // Checked after the segment was put: an abort that ended before has not seen the segment.
    if (await isOpen(token, call)) return { number, size: payload.size, receipt: md5, md5 };
    const about = { action: 'delete a segment', ...segment, accept: 404 };
    await client.request({ method: 'DELETE', operation: 'deleteObject', ...about }, call);
    throw new ObjectDoesNotExistError(key, { driver: SWIFT });
  };

  function putSegment(
    segment: ObjectRef,
    action: string,
    mark: string,
    payload: Payload,
    call: Call,
  ) {
    return client.request(
      {
        method: 'PUT',
        operation: 'putObject',
        action,
        ...segment,
        needsContainer: true,
        headers: {
          'content-type': 'application/octet-stream',
          [SEGMENTS_METADATA]: mark,
          ...payload.headers,
        },
        body: payload.body,
        replayable: payload.replayable,
      },
      call,
    );
  }
}
