import {
  contentIn,
  isEmptyRange,
  noBytes,
  type ReadVersion,
  rangeHeader,
} from '../http/read-object.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { refuseImpossible } from './names.js';

/** The content of an object, or of one of its versions. */
export function azureRead({ client }: AzureContext): ReadVersion {
  return async ({ container, key, etag }, range, call, versionId) => {
    call.signal.throwIfAborted();
    refuseImpossible({ container, key });
    if (isEmptyRange(range)) return noBytes();
    const wanted = rangeHeader(range);
    const answer = await client.stream(
      {
        method: 'GET',
        operation: 'getBlob',
        action: 'read',
        container,
        key,
        query: { versionid: versionId },
        ...(wanted !== undefined && { headers: { 'x-ms-range': wanted }, accept: 416 }),
      },
      call,
    );
    return contentIn(answer, { key, etag, range: wanted, driver: AZURE });
  };
}
