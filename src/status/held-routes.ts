import { HeldChangedError } from '../sync/guard/guard.js';
import type { HeldObject } from '../sync/guard/held-records.js';
import type { HeldAnswers, HeldDesk } from './held-desk.js';
import type { Answer, Route, Routes } from './routes.js';

/** Objects of one answer: whoever wants all asks again, after the last. */
const PAGE = 1_000;

/** What a person may ask a running daemon about what its guards hold, and decide of it. `deskOf` has those of its mirrors. */
export function heldRoutes(deskOf: (mirror: string) => HeldDesk | undefined): Routes {
  const at =
    (answer: (desk: HeldDesk, query: URLSearchParams) => Promise<HeldAnswers[keyof HeldAnswers]>): Route =>
    async (query): Promise<Answer> => {
      const mirror = query.get('mirror') ?? '';
      const desk = deskOf(mirror);
      if (desk === undefined) return { status: 404, body: { error: `there is no mirror "${mirror}"` } };
      try {
        return { status: 200, body: await answer(desk, query) };
      } catch (error) {
        if (error instanceof HeldChangedError) return { status: 409, body: { error: error.message } };
        throw error;
      }
    };
  return {
    'GET /held': at((desk) => desk.describe()),
    'GET /held/objects': at((desk, query) => page(desk, query.get('after') ?? undefined)),
    'POST /approve': at(async (desk, query) => ({ changed: await desk.approve(query.get('id') ?? '') })),
    'POST /reject': at(async (desk, query) => ({ changed: await desk.reject(query.get('id') ?? '') })),
    'POST /reject/undo': at(async (desk) => ({ changed: await desk.undoRejections() })),
  };
}

async function page(desk: HeldDesk, after: string | undefined): Promise<HeldAnswers['listed']> {
  const objects: HeldObject[] = [];
  for await (const object of desk.list(after)) {
    if (objects.length === PAGE) return { objects, more: true };
    objects.push(object);
  }
  return { objects, more: false };
}
