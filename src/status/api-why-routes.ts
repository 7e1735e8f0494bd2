import type { Clock } from '../clock.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import { explainObject, type ObjectLife } from './explain-object.js';
import type { MirrorControl } from './mirror-control.js';
import type { ObjectHistory } from './object-history.js';
import { findControl } from './request-fields.js';
import type { WhyAnswer } from './schema-why.js';

export interface WhyRoutesOptions {
  readonly mirrors: readonly MirrorControl[];
  readonly history: Pick<ObjectHistory, 'of'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** `GET /why`: what became of one object, found out on the spot and from what is remembered of the last objects. */
export function whyRoutes({ mirrors, history, clock }: WhyRoutesOptions): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/why`,
      needs: 'read',
      async answer({ query }) {
        const control = findControl(mirrors, query.get('mirror'));
        const name = query.get('name') ?? '';
        if (name === '') throw new RefusedError(400, 'the request names no object');
        const object = await control.explained(name);
        const life = lifeOf(control, name, history);
        const isKnown =
          object.disk.found !== 'nothing' ||
          object.record !== undefined ||
          life.history.length > 0 ||
          life.pendingSinceMs !== undefined;
        if (!isKnown) throw new RefusedError(404, 'No object or file has this name.');
        const answer: WhyAnswer = {
          mirror: control.settings.name,
          name,
          steps: [...explainObject(object, life, clock.now())],
        };
        return ok(answer);
      },
    },
  ];
}

function lifeOf(
  control: MirrorControl,
  name: string,
  history: Pick<ObjectHistory, 'of'>,
): ObjectLife {
  const status = control.status();
  const since = control.figures().pendingSince(name);
  return {
    history: history.of(control.settings.name, name),
    pendingSinceMs: since === undefined ? undefined : (since?.wallMs ?? null),
    isRunning: status.running.some((job) => job.name === name),
    quarantined: status.quarantined.find((object) => object.name === name),
    mirror: status,
    pausedUntilMs: control.pausedUntilMs(),
  };
}
