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

/**
 * `POST /pause` and `POST /resume`, each of a mirror or of a target. A pause has an end. Without a name all mirrors are paused,
 * and all that is paused goes on.
 */
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
        const named = pausableIn(body, mirrors) ?? mirrors.map(mirrorName);
        const pausedUntilMs = laterTimeIn(body, 'untilMs', clock.now());
        for (const what of named) await pauses.pause(what, pausedUntilMs);
        return ok({ pausedUntilMs });
      },
    },
    {
      method: 'POST',
      path: `${API}/resume`,
      needs: 'decide',
      async answer({ body }) {
        let resumed = false;
        for (const what of pausableIn(body, mirrors) ?? allOf(mirrors))
          resumed = (await pauses.resume(what)) || resumed;
        return ok({ resumed });
      },
    },
  ];
}

/** What the request names; undefined: nothing. */
function pausableIn(
  body: unknown,
  mirrors: readonly MirrorControl[],
): readonly PausableName[] | undefined {
  const [mirror, target] = [textIn(body, 'mirror'), textIn(body, 'target')];
  if (mirror !== undefined && target !== undefined)
    throw new RefusedError(400, 'the request names a mirror and a target: name one of them');
  if (mirror !== undefined) return [mirrorName(findControl(mirrors, mirror))];
  if (target === undefined) return undefined;
  refuseUnknownTarget(mirrors, target);
  return [{ kind: 'target', name: target }];
}

function mirrorName({ settings: { name } }: MirrorControl): PausableName {
  return { kind: 'mirror', name };
}

function allOf(mirrors: readonly MirrorControl[]): readonly PausableName[] {
  const targets = new Set(mirrors.map(({ settings }) => settings.target));
  return [
    ...mirrors.map(mirrorName),
    ...[...targets].map((name) => ({ kind: 'target', name }) as const),
  ];
}

/** @throws RefusedError 404 */
export function refuseUnknownTarget(mirrors: readonly MirrorControl[], target: string): void {
  const known = [...new Set(mirrors.map(({ settings }) => settings.target))];
  if (!known.includes(target))
    throw new RefusedError(404, `there is no target "${target}"; mirrors name ${known.join(', ')}`);
}
