import { HeldChangedError } from '../sync/guard/guard.js';
import type { HeldObject } from '../sync/guard/held-records.js';
import type { GuardControl, HeldAnswers } from './guard-control.js';
import type { Answer, Route, Routes } from './routes.js';

/** Objects per answer: a caller that wants more asks again, after the last. */
const PAGE = 1_000;

/** Routes to list and decide what the guards of a running daemon hold. `guardControlOf` returns the guard of a mirror. */
export function heldRoutes(guardControlOf: (mirror: string) => GuardControl | undefined): Routes {
  const at =
    (
      answer: (
        control: GuardControl,
        query: URLSearchParams,
      ) => Promise<HeldAnswers[keyof HeldAnswers]>,
    ): Route =>
    async (query): Promise<Answer> => {
      const mirror = query.get('mirror') ?? '';
      const control = guardControlOf(mirror);
      if (control === undefined)
        return { status: 404, body: { error: `there is no mirror "${mirror}"` } };
      try {
        return { status: 200, body: await answer(control, query) };
      } catch (error) {
        if (error instanceof HeldChangedError)
          return { status: 409, body: { error: error.message } };
        throw error;
      }
    };
  return {
    'GET /held': at((control) => control.describe()),
    'GET /held/objects': at((control, query) => page(control, query.get('after') ?? undefined)),
    'POST /approve': at(async (control, query) => ({
      changed: await control.approve(query.get('id') ?? ''),
    })),
    'POST /reject': at(async (control, query) => ({
      changed: await control.reject(query.get('id') ?? ''),
    })),
    'POST /reject/undo': at(async (control) => ({ changed: await control.undoRejections() })),
  };
}

async function page(
  control: GuardControl,
  after: string | undefined,
): Promise<HeldAnswers['listed']> {
  const objects: HeldObject[] = [];
  for await (const object of control.list(after)) {
    if (objects.length === PAGE) return { objects, more: true };
    objects.push(object);
  }
  return { objects, more: false };
}
