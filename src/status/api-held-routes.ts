import type { Clock } from '../clock.js';
import { HeldChangedError } from '../sync/guard/guard.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import { checksOf, triggersOf } from './held-reasons.js';
import { heldPage } from './held-routes.js';
import { createHeldSurveys, type HeldSurvey, type HeldSurveys } from './held-survey.js';
import type { MirrorControl } from './mirror-control.js';
import type { ObjectHistory } from './object-history.js';
import { findControl, limitIn, textIn } from './request-fields.js';
import type { HeldAnswer, HeldObjectsAnswer } from './schema-mirror.js';

const PAGE = 1_000;

/**
 * What guards hold, and the decisions about it. A decision names the id of what was shown: when something else is held by
 * then, nothing is decided, and the answer is 409 with what is held now.
 */
export function apiHeldRoutes(
  mirrors: readonly MirrorControl[],
  history: Pick<ObjectHistory, 'of'>,
  clock: Pick<Clock, 'monotonic'>,
): readonly ApiRoute[] {
  const surveys = createHeldSurveys(clock);
  const held = (control: MirrorControl) => heldOf(control, surveys, history);
  const decide = (
    path: string,
    carryOut: (control: MirrorControl, id: string) => Promise<number>,
  ): ApiRoute => ({
    method: 'POST',
    path: `${API}${path}`,
    needs: 'decide',
    async answer({ body }) {
      const control = findControl(mirrors, textIn(body, 'mirror'));
      const id = textIn(body, 'id');
      if (id === undefined)
        throw new RefusedError(400, 'the request does not name the id of what is held');
      try {
        return ok({ changed: await carryOut(control, id) });
      } catch (error) {
        if (!(error instanceof HeldChangedError)) throw error;
        throw new RefusedError(409, 'what is held has changed', { held: await held(control) });
      }
    },
  });

  return [
    {
      method: 'GET',
      path: `${API}/held`,
      needs: 'read',
      answer: async ({ query }) => ok(await held(findControl(mirrors, query.get('mirror')))),
    },
    {
      method: 'GET',
      path: `${API}/held/objects`,
      needs: 'read',
      answer: async ({ query }) =>
        ok(await heldObjects(findControl(mirrors, query.get('mirror')), surveys, query)),
    },
    decide('/approve', ({ guard }, id) => guard.approve(id)),
    decide('/reject', ({ guard }, id) => guard.reject(id)),
    {
      method: 'POST',
      path: `${API}/reject/undo`,
      needs: 'decide',
      async answer({ body }) {
        const { guard } = findControl(mirrors, textIn(body, 'mirror'));
        return ok({ changed: await guard.undoRejections() });
      },
    },
  ];
}

async function heldOf(
  control: MirrorControl,
  surveys: HeldSurveys,
  history: Pick<ObjectHistory, 'of'>,
): Promise<HeldAnswer> {
  const { settings, isInSource } = control;
  const { held, groups } = await surveys.of(control);
  const { id, sinceMs, why, deletes, overwrites, foreign } = held;
  const counts = { id, sinceMs, why, deletes, overwrites, extraneous: foreign };
  if (id === '') return { ...counts, trigger: [], checks: [] };
  const heldAtMs = (name: string) =>
    history.of(settings.name, name).findLast(({ what }) => what === 'held')?.atMs ?? null;
  return {
    ...counts,
    trigger: triggersOf({ held, groups, isInSource, heldAtMs }),
    checks: checksOf(held, control.sourceNow(), control.status()),
  };
}

/** By name in pages; with `order=risk` the overwrites that look encrypted first, and no second page. */
async function heldObjects(
  control: MirrorControl,
  surveys: HeldSurveys,
  query: URLSearchParams,
): Promise<HeldObjectsAnswer> {
  const after = query.get('after') ?? undefined;
  const limit = limitIn(query, PAGE);
  if (query.get('order') === 'risk') return riskiest(await surveys.of(control), limit);
  const isWanted = wantedIn(query);
  const { objects, more } = await heldPage(control.guard, after, limit, isWanted);
  return {
    objects: objects.map((object) => ({
      ...object,
      bytes: control.recordOf(object.name)?.size ?? null,
    })),
    folders: after === undefined ? [...(await surveys.of(control)).folders] : [],
    more,
  };
}

function riskiest({ held, first, folders }: HeldSurvey, limit: number): HeldObjectsAnswer {
  const objects = [...first.overwrites, ...first.deletes].slice(0, limit);
  const more = held.deletes + held.overwrites > objects.length;
  return { objects, folders: [...folders], more };
}

/** `under`: the begin of the names, as of a folder. `q`: a part of them, in any case. */
function wantedIn(query: URLSearchParams): (name: string) => boolean {
  const under = query.get('under') ?? '';
  const part = (query.get('q') ?? '').toLowerCase();
  return (name) => name.startsWith(under) && name.toLowerCase().includes(part);
}
