import type { Backend } from '../backend.js';
import type { Call, ObjectRef } from '../call.js';
import { FIRST_BYTE, objectSize } from '../http/object-size.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { s3Listing } from './listing.js';
import { refuseImpossible } from './names.js';
import { infoFromHeaders } from './object-info.js';

export function s3HeadObject(context: S3Context): Backend['headObject'] {
  const { client, etags, headers: objectHeaders } = context;
  const list = s3Listing(context).listObjects;

  function sizeSources({ container, key }: ObjectRef, call: Call) {
    const request = { operation: 'getObject', action: 'look up', container, key } as const;
    const headers = { ...objectHeaders.access, range: FIRST_BYTE };
    return {
      driver: S3,
      get: () => client.stream({ method: 'GET', ...request, headers, accept: 416 }, call),
      list: async () =>
        (await list(container, key, { size: 1 }, call)).items.find((item) => item.key === key)
          ?.size,
    };
  }

  return async (ref, call) => {
    refuseImpossible(ref);
    const { container, key } = ref;
    const request = {
      operation: 'headObject',
      action: 'look up',
      container,
      key,
      headers: objectHeaders.access,
    } as const;
    const { headers } = await client.request({ method: 'HEAD', ...request }, call);
    const size = await objectSize(headers, ref, sizeSources(ref, call));
    return infoFromHeaders(ref, size, headers, etags.ofAnswer(container, headers));
  };
}
