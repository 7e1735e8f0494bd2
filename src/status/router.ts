import type { Answer, ApiRequest, ApiRoute, JsonAnswer } from './api.js';
import { RefusedError } from './api.js';

/** A request whose body was read. `target` is path and query, as in `/api/v1/why?mirror=documents&name=a.txt`. */
export interface RoutedRequest extends Omit<ApiRequest, 'params' | 'query'> {
  readonly method: string;
  readonly target: string;
}

/** Finds the route of a request and asks it. */
export interface Router {
  /**
   * Resolves with the route's answer; with 400, 404 or 405 where there is no such route, 403 where the caller's role does not
   * suffice, and with what a RefusedError says. Rejects with what else the route throws.
   */
  answer(request: RoutedRequest): Promise<Answer>;
  /** As registered. */
  readonly routes: readonly ApiRoute[];
}

interface Compiled {
  readonly route: ApiRoute;
  readonly parts: readonly string[];
}

/** @throws TypeError when two routes have the same method and path */
export function createRouter(routes: readonly ApiRoute[]): Router {
  const compiled = routes.map((route) => ({ route, parts: route.path.split('/') }));
  refuseTwice(routes);

  return {
    routes,
    async answer({ method, target, ...request }) {
      const url = urlOf(target);
      if (url === undefined) return refused(400, 'the request has no valid path');
      const path = url.pathname.split('/');
      const atPath = compiled.filter(({ parts }) => fits(parts, path));
      const found = atPath.find(({ route }) => route.method === method);
      if (found === undefined) return unknownRoute(atPath.length > 0, method, url.pathname, routes);
      const params = paramsOf(found, path);
      if (params === undefined) return refused(400, 'the request has no valid path');
      const { route } = found;
      if (route.needs === 'decide' && request.caller.role !== 'decide')
        return refused(403, `${method} ${url.pathname} needs the right to decide`);
      try {
        return await route.answer({ ...request, params, query: url.searchParams });
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        return { status: error.status, body: { error: error.message, ...error.extra } };
      }
    },
  };
}

function refuseTwice(routes: readonly ApiRoute[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    const key = `${method} ${path.replace(/:[^/]+/g, ':')}`;
    if (seen.has(key)) throw new TypeError(`there are two routes ${method} ${path}`);
    seen.add(key);
  }
}

/** Undefined: it is no path, or one that the URL parser changes (`//host`, `..`), which no caller of ours sends. */
function urlOf(target: string): URL | undefined {
  if (!target.startsWith('/') || !URL.canParse(target, 'http://longshore')) return undefined;
  const url = new URL(target, 'http://longshore');
  return url.host === 'longshore' && url.pathname === target.split(/[?#]/, 1)[0] ? url : undefined;
}

function fits(parts: readonly string[], path: readonly string[]): boolean {
  return (
    parts.length === path.length &&
    parts.every((part, at) => (part.startsWith(':') ? path[at] !== '' : part === path[at]))
  );
}

function paramsOf(
  { parts }: Compiled,
  path: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    if (!part.startsWith(':')) continue;
    try {
      params[part.slice(1)] = decodeURIComponent(path[at] ?? '');
    } catch {
      return undefined;
    }
  }
  return params;
}

function unknownRoute(
  isKnownPath: boolean,
  method: string,
  path: string,
  routes: readonly ApiRoute[],
): JsonAnswer {
  const names = routes.map((route) => `${route.method} ${route.path}`).join(', ');
  return refused(isKnownPath ? 405 : 404, `${method} ${path} is not one of ${names}`);
}

function refused(status: number, error: string): JsonAnswer {
  return { status, body: { error } };
}
