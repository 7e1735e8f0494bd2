import { expect, test } from 'vitest';
import { type ApiRoute, ok, RefusedError } from '../../src/status/api.js';
import { bearer, READ_TOKEN, serveListener } from './fixture.js';

/** A daemon that loads the file of one digest. */
async function served() {
  const loaded: unknown[] = [];
  const route: ApiRoute = {
    method: 'POST',
    path: '/api/v1/reload',
    needs: 'decide',
    answer({ body }) {
      const { digest } = body as { readonly digest: string };
      if (digest !== 'd1') throw new RefusedError(409, 'the file is another one');
      loaded.push(body);
      return ok({ outcome: 'done' });
    },
  };
  const listener = await serveListener({ routes: [route] });
  const post = async (body: unknown, headers: Record<string, string> = bearer()) =>
    (await listener.post('/api/v1/reload', body, headers)).status;
  return { loaded, post };
}

test('status page: a reload is for the file that was shown, and for no other', async () => {
  const { loaded, post } = await served();
  for (const body of [undefined, {}, { digest: 1 }, [], { apply: false }])
    expect(await post(body), JSON.stringify(body)).toBe(400);
  expect(await post({ digest: 'd0' })).toBe(409);
  expect(loaded).toEqual([]);
  expect(await post({ digest: 'd1' })).toBe(200);
});

test('status page: a reload that may destroy something takes the typed word', async () => {
  const { loaded, post } = await served();
  for (const typed of [undefined, '', 'yes', 'reload', 1])
    expect(await post({ digest: 'd1', apply: true, typed }), String(typed)).toBe(400);
  expect(loaded).toEqual([]);
  expect(await post({ digest: 'd1', apply: true, typed: ' Apply ' })).toBe(200);
});

test('status page: who may only look loads nothing', async () => {
  const { loaded, post } = await served();
  expect(await post({ digest: 'd1' }, bearer(READ_TOKEN))).toBe(403);
  expect(loaded).toEqual([]);
});
