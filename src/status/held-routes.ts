import { HeldChangedError } from '../sync/guard/guard.js';
import type { HeldObject } from '../sync/guard/held-records.js';
import { type ApiRoute, ok, RefusedError } from './api.js';
import type { GuardControl, HeldAnswers } from './guard-control.js';

/** Objects per answer: a caller that wants more asks again, after the last. */
const PAGE = 1_000;

/**
 * Routes of the control socket alone, for every version of the CLI, to list and decide what the guards of a running daemon
 * hold. `guardControlOf` returns the guard of a mirror.
 */
export function heldRoutes(
  guardControlOf: (mirror: string) => GuardControl | undefined,
): readonly ApiRoute[] {
  const at = (
    method: 'GET' | 'POST',
    path: string,
    answer: (
      control: GuardControl,
      query: URLSearchParams,
    ) => Promise<HeldAnswers[keyof HeldAnswers]>,
  ): ApiRoute => ({
    method,
    path,
    needs: method === 'GET' ? 'read' : 'decide',
    async answer({ query }) {
      const mirror = query.get('mirror') ?? '';
      const control = guardControlOf(mirror);
      if (control === undefined) throw new RefusedError(404, `there is no mirror "${mirror}"`);
      try {
        return ok(await answer(control, query));
      } catch (error) {
        if (error instanceof HeldChangedError) throw new RefusedError(409, error.message);
        throw error;
      }
    },
  });
  return [
    at('GET', '/held', (control) => control.describe()),
    at('GET', '/held/objects', (control, query) =>
      heldPage(control, query.get('after') ?? undefined, PAGE),
    ),
    at('POST', '/approve', async (control, query) => ({
      changed: await control.approve(query.get('id') ?? ''),
    })),
    at('POST', '/reject', async (control, query) => ({
      changed: await control.reject(query.get('id') ?? ''),
    })),
    at('POST', '/reject/undo', async (control) => ({ changed: await control.undoRejections() })),
  ];
}

/** At most `limit` of the objects that are held, after a name. */
export async function heldPage(
  control: Pick<GuardControl, 'list'>,
  after: string | undefined,
  limit: number,
  isWanted: (name: string) => boolean = () => true,
): Promise<HeldAnswers['listed']> {
  const objects: HeldObject[] = [];
  for await (const object of control.list(after)) {
    if (!isWanted(object.name)) continue;
    if (objects.length === limit) return { objects, more: true };
    objects.push(object);
  }
  return { objects, more: false };
}
