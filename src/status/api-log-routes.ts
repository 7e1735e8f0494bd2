import type { Level, LogLevels } from '../log.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { MirrorControl } from './mirror-control.js';
import { textIn } from './request-fields.js';

const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** `POST /log-level`: how much the log says of all, or of one mirror or target, until the daemon ends. */
export function logRoutes(
  mirrors: readonly MirrorControl[],
  levels: LogLevels,
): readonly ApiRoute[] {
  return [
    { method: 'GET', path: `${API}/log-level`, needs: 'read', answer: () => ok(levels.read()) },
    {
      method: 'POST',
      path: `${API}/log-level`,
      needs: 'decide',
      answer({ body }) {
        const module = textIn(body, 'module');
        levels.set(nameOf(module, mirrors), levelOf(textIn(body, 'level')));
        return ok(levels.read());
      },
    },
  ];
}

function nameOf(module: string | undefined, mirrors: readonly MirrorControl[]): string | undefined {
  const known = new Set(mirrors.flatMap(({ settings: { name, target } }) => [name, target]));
  if (module === 'all') return undefined;
  if (module !== undefined && known.has(module)) return module;
  throw new RefusedError(
    404,
    `"module" is to be all, or a mirror or target: ${[...known].join(', ')}`,
  );
}

/** Undefined: as configured. */
function levelOf(level: string | undefined): Level | undefined {
  if (level === 'default') return undefined;
  const found = LEVELS.find((each) => each === level);
  if (found !== undefined) return found;
  throw new RefusedError(400, `"level" is to be one of ${LEVELS.join(', ')}, or default`);
}
