import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { ReloadAnswer, ReloadPreview } from './schema-reload.js';

export interface ReloadOrder {
  /** Also what may delete or replace objects, or leave them without a mirror. */
  readonly apply: boolean;
  /** Of the file that the order is about: see Config. Missing: whatever file is there. */
  readonly digest?: string;
}

/** What a daemon can do about its configuration file. */
export interface ReloadControl {
  reload(order: ReloadOrder): Promise<ReloadAnswer>;
  preview(): Promise<ReloadPreview>;
}

/** `POST /reload`: the daemon reads its configuration again. `GET /reload`: what that would do. */
export function reloadRoutes({ reload, preview }: ReloadControl): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/reload`,
      needs: 'read',
      answer: async () => ok(await preview()),
    },
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
  const { apply = false, digest } = body as {
    readonly apply?: unknown;
    readonly digest?: unknown;
  };
  if (typeof apply !== 'boolean') throw new RefusedError(400, '"apply" is to be true or false');
  if (digest !== undefined && typeof digest !== 'string')
    throw new RefusedError(400, '"digest" is to be the text that GET /reload has');
  return { apply, ...(digest !== undefined && { digest }) };
}
