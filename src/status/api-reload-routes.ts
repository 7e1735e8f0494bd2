import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { ReloadAnswer } from './schema-reload.js';

export interface ReloadOrder {
  /** Also what may delete or replace objects, or leave them without a mirror. */
  readonly apply: boolean;
}

/** `POST /reload`: the daemon reads its configuration again. */
export function reloadRoutes(
  reload: (order: ReloadOrder) => Promise<ReloadAnswer>,
): readonly ApiRoute[] {
  return [
    {
      method: 'POST',
      path: `${API}/reload`,
      needs: 'decide',
      answer: async ({ body }) => ok(await reload(orderIn(body))),
    },
  ];
}

/** A request without a body applies nothing that waits. @throws RefusedError 400 */
function orderIn(body: unknown): ReloadOrder {
  if (body === undefined) return { apply: false };
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RefusedError(400, 'the body is to be a JSON object');
  const { apply = false } = body as { readonly apply?: unknown };
  if (typeof apply !== 'boolean') throw new RefusedError(400, '"apply" is to be true or false');
  return { apply };
}
