import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { MirrorControl } from './mirror-control.js';
import { findControl, laterTimeIn, textIn } from './request-fields.js';

/** A mirror or a target, by name. */
export interface PausableName {
  readonly kind: 'mirror' | 'target';
  readonly name: string;
}

/** Pauses of mirrors and targets; see Pauses. */
export interface PauseControl {
  untilOf(what: PausableName): number | undefined;
  pause(what: PausableName, untilMs: number): Promise<void>;
  resume(what: PausableName): Promise<boolean>;
}

/** `POST /pause` and `POST /resume`, each of a mirror or of a target. A pause has an end. */
export function pauseRoutes(
  mirrors: readonly MirrorControl[],
  pauses: PauseControl,
  clock: { now(): number },
): readonly ApiRoute[] {
  return [
    {
      method: 'POST',
      path: `${API}/pause`,
      needs: 'decide',
      async answer({ body }) {
        const what = pausableIn(body, mirrors);
        const pausedUntilMs = laterTimeIn(body, 'untilMs', clock.now());
        await pauses.pause(what, pausedUntilMs);
        return ok({ pausedUntilMs });
      },
    },
    {
      method: 'POST',
      path: `${API}/resume`,
      needs: 'decide',
      answer: async ({ body }) => ok({ resumed: await pauses.resume(pausableIn(body, mirrors)) }),
    },
  ];
}

function pausableIn(body: unknown, mirrors: readonly MirrorControl[]): PausableName {
  const target = textIn(body, 'target');
  if (target === undefined)
    return { kind: 'mirror', name: findControl(mirrors, textIn(body, 'mirror')).settings.name };
  if (textIn(body, 'mirror') !== undefined)
    throw new RefusedError(400, 'the request names a mirror and a target: name one of them');
  refuseUnknownTarget(mirrors, target);
  return { kind: 'target', name: target };
}

/** @throws RefusedError 404 */
export function refuseUnknownTarget(mirrors: readonly MirrorControl[], target: string): void {
  const known = [...new Set(mirrors.map(({ settings }) => settings.target))];
  if (!known.includes(target))
    throw new RefusedError(404, `there is no target "${target}"; mirrors name ${known.join(', ')}`);
}
