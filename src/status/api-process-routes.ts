import { arch, platform, release } from 'node:os';
import { API, type ApiRoute, ok } from './api.js';
import type { ProcessMeter } from './process-meter.js';
import type { ProcessAnswer } from './schema-process.js';
import type { StatusAnswer } from './schema-status.js';

/** `GET /process`: what the daemon takes of its machine. */
export function processRoutes(
  { version, startedAtMs }: Pick<StatusAnswer, 'version' | 'startedAtMs'>,
  meter: Pick<ProcessMeter, 'figures'>,
): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/process`,
      needs: 'read',
      async answer() {
        const system = `${platform()} ${release()} ${arch()}`;
        const answer = { version, platform: system, startedAtMs, ...(await meter.figures()) };
        return ok(answer satisfies ProcessAnswer);
      },
    },
  ];
}
