import { API, type ApiRoute, ok } from './api.js';
import type { ConfigAnswer } from './schema-config.js';

/** `GET /config`: the settings in force. */
export function configRoutes(read: () => Promise<ConfigAnswer>): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/config`,
      needs: 'read',
      answer: async () => ok(await read()),
    },
  ];
}
