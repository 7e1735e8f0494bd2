import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { NotificationRow } from './schema-notifications.js';

/** The receivers of messages and heartbeats. */
export interface NotificationControl {
  list(): readonly NotificationRow[];
  /**
   * Sends one test message, and resolves with how that went; with undefined where there is no such receiver. Rejects with
   * RefusedError where a test would claim what is not so, and with the signal's reason.
   */
  test(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly ok: boolean; readonly detail: string } | undefined>;
}

/** `GET /notifications`, and a test of each. `control` returns that of now; undefined: the configuration has none. */
export function notificationRoutes(
  control: () => NotificationControl | undefined,
): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/notifications`,
      needs: 'read',
      answer: () => ok({ notifications: control()?.list() ?? [] }),
    },
    {
      method: 'POST',
      path: `${API}/notifications/:name/test`,
      needs: 'decide',
      async answer({ params: { name = '' }, signal }) {
        const tested = await control()?.test(name, signal);
        if (tested === undefined) throw new RefusedError(404, `nothing under notify is "${name}"`);
        return ok(tested);
      },
    },
  ];
}
