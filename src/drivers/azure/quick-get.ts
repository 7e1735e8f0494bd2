import { quickGets } from '../http/quick-gets.js';
import type { QuickGet } from '../quick-get.js';
import type { AzureRequest } from './client.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { checkContainer, refuseImpossible } from './names.js';
import { infoFromHeaders } from './object-info.js';

export function azureQuickGet({ client }: AzureContext): QuickGet {
  return quickGets<AzureRequest>({
    driver: AZURE,
    client,
    checkContainer,
    requestOf(container, key) {
      refuseImpossible({ container, key });
      return { method: 'GET', operation: 'getBlob', action: 'read', container, key };
    },
    infoOf: (container, key, { headers, body }) =>
      infoFromHeaders({ container, key }, body.byteLength, headers),
  });
}
