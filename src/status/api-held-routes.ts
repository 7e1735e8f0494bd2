import { HeldChangedError } from '../sync/guard/guard.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import { heldPage } from './held-routes.js';
import type { MirrorControl } from './mirror-control.js';
import { findControl, limitIn, textIn } from './request-fields.js';
import type { HeldAnswer, HeldObjectsAnswer } from './schema-mirror.js';

const PAGE = 1_000;

/**
 * What guards hold, and the decisions about it. A decision names the id of what was shown: when something else is held by
 * then, nothing is decided, and the answer is 409 with what is held now.
 */
export function apiHeldRoutes(mirrors: readonly MirrorControl[]): readonly ApiRoute[] {
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
        throw new RefusedError(409, 'what is held has changed', { held: await heldOf(control) });
      }
    },
  });

  return [
    {
      method: 'GET',
      path: `${API}/held`,
      needs: 'read',
      answer: async ({ query }) => ok(await heldOf(findControl(mirrors, query.get('mirror')))),
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

async function heldOf({ guard }: MirrorControl): Promise<HeldAnswer> {
  const { id, sinceMs, why, deletes, overwrites, foreign } = await guard.describe();
  return { id, sinceMs, why, deletes, overwrites, extraneous: foreign };
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
