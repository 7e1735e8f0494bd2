import { HeldChangedError } from '../sync/guard/guard.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import { checksOf, groupHeld, triggersOf } from './held-reasons.js';
import { heldPage } from './held-routes.js';
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
): readonly ApiRoute[] {
  const held = (control: MirrorControl) => heldOf(control, history);
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
        ok(await heldObjects(findControl(mirrors, query.get('mirror')), query)),
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
  history: Pick<ObjectHistory, 'of'>,
): Promise<HeldAnswer> {
  const { guard, settings, isInSource } = control;
  const held = await guard.describe();
  const { id, sinceMs, why, deletes, overwrites, foreign } = held;
  const counts = { id, sinceMs, why, deletes, overwrites, extraneous: foreign };
  if (id === '') return { ...counts, trigger: [], checks: [] };
  const heldAtMs = (name: string) =>
    history.of(settings.name, name).findLast(({ what }) => what === 'held')?.atMs ?? null;
  return {
    ...counts,
    trigger: triggersOf({ held, groups: await groupHeld(guard.list()), isInSource, heldAtMs }),
    checks: checksOf(held, control.sourceNow(), control.status()),
  };
}

async function heldObjects(
  control: MirrorControl,
  query: URLSearchParams,
): Promise<HeldObjectsAnswer> {
  const after = query.get('after') ?? undefined;
  const { objects, more } = await heldPage(control.guard, after, limitIn(query, PAGE));
  return {
    objects: objects.map((object) => ({
      ...object,
      bytes: control.recordOf(object.name)?.size ?? null,
    })),
    more,
  };
}
