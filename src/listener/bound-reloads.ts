import { API, type ApiRequest, type ApiRoute, RefusedError } from '../status/api.js';

/** What is to be typed before a reload may destroy something. */
export const RELOAD_PHRASE = 'apply';

/**
 * The same routes, where a reload names the file that the person was shown, and one that may destroy something takes a typed word. (The
 * control socket takes an order about whatever file is there.)
 */
export function boundToFile(routes: readonly ApiRoute[]): readonly ApiRoute[] {
  return routes.map((route) =>
    route.method === 'POST' && route.path === `${API}/reload`
      ? {
          ...route,
          answer(request: ApiRequest) {
            refuseUnbound(request.body);
            return route.answer(request);
          },
        }
      : route,
  );
}

/** @throws RefusedError 400 */
function refuseUnbound(body: unknown): void {
  const { digest, apply, typed } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly [member in 'digest' | 'apply' | 'typed']?: unknown;
  };
  if (typeof digest !== 'string')
    throw new RefusedError(
      400,
      'expected the digest of the file that was shown, as GET /reload has it',
    );
  if (apply !== true) return;
  if (typeof typed !== 'string' || typed.trim().toLowerCase() !== RELOAD_PHRASE)
    throw new RefusedError(400, `expected the word "${RELOAD_PHRASE}", as objects are concerned`);
}
