import { quickGets } from '../http/quick-gets.js';
import type { QuickGet } from '../quick-get.js';
import type { S3Request } from './client.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { checkContainer, refuseImpossible } from './names.js';
import { infoFromHeaders } from './object-info.js';

export function s3QuickGet({ client, headers: objectHeaders, etags }: S3Context): QuickGet {
  return quickGets<S3Request>({
    driver: S3,
    client,
    checkContainer,
    requestOf(container, key) {
      refuseImpossible({ container, key });
      const about = { action: 'read', container, key, headers: objectHeaders.access };
      return { method: 'GET', operation: 'getObject', ...about };
    },
    infoOf(container, key, { headers, body }) {
      const checksums = etags.ofAnswer(container, headers);
      return infoFromHeaders({ container, key }, body.byteLength, headers, checksums);
    },
  });
}
