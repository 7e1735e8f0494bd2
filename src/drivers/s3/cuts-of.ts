import type { Multipart } from '../capabilities.js';
import type { S3Context } from './context.js';
import { checkContainer } from './names.js';

/**
 * By a HEAD of the first part: tools cut an object into parts of one size, but for the last. The number of parts is in the
 * ETag. A provider that does not know parts of objects answers with the whole, or refuses (Swift's S3 API)
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, partNumber).
 */
export function cutsOf({ client, headers }: S3Context): Multipart['cutsOf'] {
  return async ({ container, key, size, extra }, call) => {
    const count = Number(/-([1-9]\d{0,4})"?$/.exec(String(extra['etag'] ?? ''))?.[1] ?? 0);
    if (count === 0) return undefined;
    checkContainer(container);
    const about = {
      method: 'HEAD',
      operation: 'headObject',
      action: 'look up the first part',
      container,
      key,
    } as const;
    const answer = await client.request(
      { ...about, query: { partNumber: '1' }, headers: headers.access },
      call,
    );
    const parts = answer.headers['x-amz-mp-parts-count'];
    if (parts !== undefined && Number(parts) !== count) return undefined;
    return evenParts(size, Number(answer.headers['content-length'] ?? Number.NaN), count);
  };
}

/** `count` parts of `first` bytes each, but for the last, which has the rest; undefined when that cannot be. */
function evenParts(size: number, first: number, count: number): readonly number[] | undefined {
  const last = size - (count - 1) * first;
  if (!Number.isSafeInteger(first) || first <= 0 || last <= 0 || last > first) return undefined;
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? last : first));
}
