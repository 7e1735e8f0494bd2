import { API, type ApiRoute, ok } from './api.js';
import type { QueueStatus } from './schema-workers.js';

/** `queue`: undefined where the configuration has none. */
export function workersRoutes(queue: () => QueueStatus | undefined): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/workers`,
      needs: 'read',
      answer: () => ok({ queue: queue() ?? null }),
    },
  ];
}
