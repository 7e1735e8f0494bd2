import { quickGets } from '../http/quick-gets.js';
import type { QuickGet } from '../quick-get.js';
import type { SwiftRequest } from './client.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { checkContainer, refuseImpossible } from './names.js';
import { infoFromHeaders } from './object-info.js';

export function swiftQuickGet({ client }: SwiftContext): QuickGet {
  return quickGets<SwiftRequest>({
    driver: SWIFT,
    client,
    checkContainer,
    requestOf(container, key) {
      refuseImpossible({ container, key });
      const about = { action: 'read', container, key, readsContent: true } as const;
      return { method: 'GET', operation: 'getObject', ...about };
    },
    infoOf: (container, key, { headers, body }) =>
      infoFromHeaders({ container, key }, body.byteLength, headers),
  });
}
