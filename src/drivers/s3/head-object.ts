import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import { FIRST_BYTE, objectSize } from '../http/object-size.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { s3Listing } from './listing.js';
import { refuseImpossible } from './names.js';
import { infoFromHeaders } from './object-info.js';

export type Head = (ref: ObjectRef, call: Call, versionId?: string) => Promise<ObjectInfo>;

/** What is known of an object, or of one of its versions. */
export function s3HeadObject(context: S3Context): Head {
  const { client, etags, headers: objectHeaders } = context;
  const list = s3Listing(context).listObjects;

  function sizeSources({ container, key }: ObjectRef, call: Call, versionId: string | undefined) {
    const about = { operation: 'getObject', action: 'look up', container, key } as const;
    const request = { ...about, query: { versionId } };
    const headers = { ...objectHeaders.access, range: FIRST_BYTE };
    return {
      driver: S3,
      get: () => client.stream({ method: 'GET', ...request, headers, accept: 416 }, call),
      list: async () => {
        if (versionId !== undefined) return undefined;
        const { items } = await list(container, key, { size: 1 }, call);
        return items.find((item) => item.key === key)?.size;
      },
    };
  }

  return async (ref, call, versionId) => {
    refuseImpossible(ref);
    const { container, key } = ref;
    const request = {
      operation: 'headObject',
      action: 'look up',
      container,
      key,
      headers: objectHeaders.access,
      query: { versionId },
    } as const;
    const { headers } = await client.request({ method: 'HEAD', ...request }, call);
    const size = await objectSize(headers, ref, sizeSources(ref, call, versionId));
    return infoFromHeaders(ref, size, headers, etags.ofAnswer(container, headers));
  };
}
