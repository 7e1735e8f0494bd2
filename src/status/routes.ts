import { type Answer, type ApiRoute, ok, RefusedError } from './api.js';
import type { DaemonStatus } from './snapshot.js';

/** What `longshore status` asks for in every version, and whether the daemon answers. */
export function statusRoutes(read: () => DaemonStatus): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/status',
      needs: 'read',
      answer: ({ query }) => {
        const wanted = query.get('mirror');
        return wanted === null ? ok(read()) : onlyMirror(read(), wanted);
      },
    },
    {
      // Answers at all only while the event loop turns.
      method: 'GET',
      path: '/healthz',
      needs: 'read',
      answer: () => {
        const { version, pid } = read();
        return ok({ status: 'ok', version, pid });
      },
    },
  ];
}

function onlyMirror(status: DaemonStatus, wanted: string): Answer {
  const mirrors = status.mirrors.filter(({ mirror }) => mirror === wanted);
  if (mirrors.length === 0) {
    const known = status.mirrors.map(({ mirror }) => mirror);
    throw noSuchMirror(wanted, known);
  }
  const targets = status.targets.filter(({ target }) => target === mirrors[0]?.target);
  return ok({ ...status, mirrors, targets });
}

/** The refusal of a request that names a mirror which the daemon does not have. */
export function noSuchMirror(wanted: string, known: readonly string[]): RefusedError {
  return new RefusedError(
    404,
    `there is no mirror "${wanted}"; the configuration has ${known.join(', ')}`,
  );
}
