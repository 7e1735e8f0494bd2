import type { DaemonStatus } from './snapshot.js';

export interface Answer {
  readonly status: number;
  /** Plain JSON. An error is `{ error: "what to do about it" }`. */
  readonly body: unknown;
}

export type Route = (query: URLSearchParams) => Answer | Promise<Answer>;

/** By method and path, as in `GET /status`. */
export type Routes = Readonly<Record<string, Route>>;

/** What a person may ask a running daemon about itself. */
export function statusRoutes(read: () => DaemonStatus): Routes {
  return {
    'GET /status': (query) => {
      const wanted = query.get('mirror');
      return wanted === null ? { status: 200, body: read() } : onlyMirror(read(), wanted);
    },
    /** Answers at all only while the event loop turns. */
    'GET /healthz': () => {
      const { version, pid } = read();
      return { status: 200, body: { status: 'ok', version, pid } };
    },
  };
}

function onlyMirror(status: DaemonStatus, wanted: string): Answer {
  const mirrors = status.mirrors.filter(({ mirror }) => mirror === wanted);
  if (mirrors.length > 0) {
    const targets = status.targets.filter(({ target }) => target === mirrors[0]?.target);
    return { status: 200, body: { ...status, mirrors, targets } };
  }
  const known = status.mirrors.map(({ mirror }) => mirror).join(', ');
  return {
    status: 404,
    body: { error: `there is no mirror "${wanted}"; the configuration has ${known}` },
  };
}

/** Finds the route of a request and asks it; whatever goes wrong becomes an answer. */
export async function answer(routes: Routes, method: string, target: string): Promise<Answer> {
  const url = URL.canParse(target, 'http://longshore')
    ? new URL(target, 'http://longshore')
    : undefined;
  if (url === undefined) return { status: 400, body: { error: 'the request has no valid path' } };
  const route = Object.hasOwn(routes, `${method} ${url.pathname}`)
    ? routes[`${method} ${url.pathname}`]
    : undefined;
  if (route !== undefined) return route(url.searchParams);
  const names = Object.keys(routes);
  const known = names.some((name) => name.endsWith(` ${url.pathname}`));
  return {
    status: known ? 405 : 404,
    body: { error: `${method} ${url.pathname} is not one of ${names.join(', ')}` },
  };
}
