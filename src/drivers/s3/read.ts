import {
  contentIn,
  isEmptyRange,
  noBytes,
  type ReadVersion,
  rangeHeader,
} from '../http/read-object.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { refuseImpossible, target } from './names.js';

/** The content of an object, or of one of its versions. */
export function s3Read({ client, headers: objectHeaders }: S3Context): ReadVersion {
  return async (ref, range, call, versionId) => {
    refuseImpossible(ref);
    if (isEmptyRange(range)) return noBytes();
    const wanted = rangeHeader(range);
    const headers = { ...objectHeaders.access, ...(wanted !== undefined && { range: wanted }) };
    const answer = await client.stream(
      {
        method: 'GET',
        operation: 'getObject',
        action: 'read',
        ...target(ref),
        headers,
        query: { versionId },
        ...(wanted !== undefined && { accept: 416 }),
      },
      call,
    );
    return contentIn(answer, { key: ref.key, etag: ref.etag, range: wanted, driver: S3 });
  };
}
