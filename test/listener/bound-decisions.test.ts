import { expect, test } from 'vitest';
import { createConfirmations } from '../../src/listener/confirmations.js';
import { type ApiRoute, ok, RefusedError } from '../../src/status/api.js';
import { bearer, READ_TOKEN, type ServedListener, serveListener, steppedClock } from './fixture.js';

interface Held {
  readonly id: string;
  readonly deletes: number;
  readonly confirm: { readonly approve: string; readonly reject: string };
  readonly confirmUntilMs: number;
}

/** A guard with two mirrors; each change of what is held gives its list another id. */
function guard() {
  const decided: string[] = [];
  const lists = new Map([
    ['photos', { id: 'list-1', deletes: 1_284, overwrites: 37 }],
    ['documents', { id: 'list-1', deletes: 1_284, overwrites: 37 }],
  ]);
  const listOf = (mirror: string | null) => {
    const list = lists.get(mirror ?? '');
    if (list === undefined) throw new RefusedError(404, `there is no mirror "${mirror}"`);
    return list;
  };
  const decide = (decision: string): ApiRoute => ({
    method: 'POST',
    path: `/api/v1/${decision}`,
    needs: 'decide',
    answer({ body }) {
      const { mirror, id } = body as { mirror: string; id: string };
      if (listOf(mirror).id !== id) throw new RefusedError(409, 'what is held has changed');
      decided.push(`${decision} ${mirror} ${id}`);
      return ok({ changed: 1_321 });
    },
  });
  const routes: readonly ApiRoute[] = [
    {
      method: 'GET',
      path: '/api/v1/held',
      needs: 'read',
      answer: ({ query }) => ok({ ...listOf(query.get('mirror')), extraneous: 0, why: 'many' }),
    },
    decide('approve'),
    decide('reject'),
  ];
  return {
    decided,
    routes,
    change: (mirror: string, list: { id: string; deletes: number; overwrites: number }) =>
      void lists.set(mirror, list),
  };
}

async function heldOf(served: ServedListener, headers: Record<string, string>, mirror = 'photos') {
  const { text } = await served.ask(`/api/v1/held?mirror=${mirror}`, { headers });
  return JSON.parse(text) as Held;
}

const ORDER = { mirror: 'photos', id: 'list-1', typed: 'approve 1321' };

async function open() {
  const { decided, routes, change } = guard();
  const clock = steppedClock();
  const served = await serveListener({ routes, clock });
  const headers = await served.signIn();
  const order = (decision: string, body: object, by: Record<string, string> = headers) =>
    served.post(`/api/v1/${decision}`, { ...ORDER, ...body }, by);
  return { decided, change, clock, served, headers, order };
}

test('P3: status page: what is held is approved by the session that was shown it, once, and the log has it', async () => {
  const { decided, served, headers, order } = await open();
  const { confirm } = await heldOf(served, headers);
  const approved = await order('approve', { confirm: confirm.approve });
  expect([approved.status, JSON.parse(approved.text)]).toEqual([200, { changed: 1_321 }]);
  const replayed = await order('approve', { confirm: confirm.approve });
  expect(replayed.status).toBe(409);
  expect(decided).toEqual(['approve photos list-1']);
  expect(served.log()).toMatch(
    /held changes decided on the page decision=approve mirror=photos id=list-1 session=[\da-f]{12} deletes=1284 overwrites=37 extraneous=0 status=200 changed=1321/,
  );
});

test('P3: status page: a rejection takes its own confirmation and words', async () => {
  const { decided, served, headers, order } = await open();
  const { confirm } = await heldOf(served, headers);
  expect((await order('reject', { confirm: confirm.approve, typed: 'reject 1321' })).status).toBe(
    409,
  );
  const rejected = await order('reject', { confirm: confirm.reject, typed: ' Reject 1321 ' });
  expect(rejected.status).toBe(200);
  expect(decided).toEqual(['reject photos list-1']);
});

test.each([
  ['no confirmation', { confirm: '' }],
  ['another decision’s confirmation', { confirm: 'reject' }],
  ['a made-up one', { confirm: `c1.zzzzzz.${'a'.repeat(16)}.${'a'.repeat(43)}` }],
  ['other words', { typed: 'approve 1320' }],
  ['no words', { typed: '' }],
  ['the words of the other decision', { typed: 'reject 1321' }],
  ['another list', { id: 'list-2' }],
])('P3: status page: %s: 409 with the present list, and nothing is done', async (_, wrong) => {
  const { decided, served, headers, order } = await open();
  const { confirm } = await heldOf(served, headers);
  const given =
    'confirm' in wrong && wrong.confirm === 'reject' ? { confirm: confirm.reject } : wrong;
  const { status, text } = await order('approve', { confirm: confirm.approve, ...given });
  expect(status).toBe(409);
  const { error, held } = JSON.parse(text) as { error: string; held: Held };
  expect(error).not.toBe('');
  expect(held).toMatchObject({ id: 'list-1', deletes: 1_284 });
  expect(decided).toEqual([]);
  const renewed = await order('approve', { confirm: held.confirm.approve });
  expect(renewed.status).toBe(200);
});

test('P3: status page: a confirmation of another session, another mirror or before the list changed does nothing', async () => {
  const { decided, change, served, headers, order } = await open();
  const other = await served.signIn();
  const { confirm } = await heldOf(served, headers);
  expect((await order('approve', { confirm: confirm.approve }, other)).status).toBe(409);
  expect((await order('approve', { confirm: confirm.approve }, bearer())).status).toBe(409);
  expect((await order('approve', { confirm: confirm.approve, mirror: 'documents' })).status).toBe(
    409,
  );
  change('photos', { id: 'list-2', deletes: 1_284, overwrites: 37 });
  const stale = await order('approve', { confirm: confirm.approve });
  expect(JSON.parse(stale.text)).toMatchObject({
    error: 'what is held has changed',
    held: { id: 'list-2' },
  });
  // The same sum with other parts was not what was shown.
  change('photos', { id: 'list-1', deletes: 1_283, overwrites: 38 });
  expect((await order('approve', { confirm: confirm.approve })).status).toBe(409);
  expect(decided).toEqual([]);
});

test('P3: status page: a confirmation ends after ten minutes, also when the clock of the day is set back', async () => {
  const { decided, clock, served, headers, order } = await open();
  const { confirm, confirmUntilMs } = await heldOf(served, headers);
  expect(confirmUntilMs - clock.now()).toBeGreaterThan(599_000);
  clock.advance(600_001);
  expect((await order('approve', { confirm: confirm.approve })).status).toBe(409);
  expect(decided).toEqual([]);
});

test('P3: status page: of two decisions at once on one list, one is done', async () => {
  const { decided, served, headers, order } = await open();
  const { confirm } = await heldOf(served, headers);
  const statuses = await Promise.all([
    order('approve', { confirm: confirm.approve }).then(({ status }) => status),
    order('approve', { confirm: confirm.approve }).then(({ status }) => status),
  ]);
  expect(statuses.sort()).toEqual([200, 409]);
  expect(decided).toHaveLength(1);
});

test('P3: status page: a list that changes between the check and the act is answered with the new one', async () => {
  const { decided, routes, change } = guard();
  const racing = routes.map((route) =>
    route.path === '/api/v1/approve'
      ? {
          ...route,
          answer: (request: Parameters<ApiRoute['answer']>[0]) => {
            change('photos', { id: 'list-2', deletes: 1, overwrites: 0 });
            return route.answer(request);
          },
        }
      : route,
  );
  const served = await serveListener({ routes: racing });
  const headers = await served.signIn();
  const { confirm } = await heldOf(served, headers);
  const { status, text } = await served.post(
    '/api/v1/approve',
    { ...ORDER, confirm: confirm.approve },
    headers,
  );
  expect([status, JSON.parse(text)]).toMatchObject([409, { held: { id: 'list-2', deletes: 1 } }]);
  expect(decided).toEqual([]);
});

test('status page: a session that may only look sees what is held, and gets no confirmation', async () => {
  const { decided, served, order } = await open();
  const held = await heldOf(served, bearer(READ_TOKEN));
  expect(held).toMatchObject({ id: 'list-1', deletes: 1_284 });
  expect(held.confirm).toBeUndefined();
  const reader = { ...bearer(READ_TOKEN) };
  expect((await order('approve', { confirm: 'x' }, reader)).status).toBe(403);
  expect(decided).toEqual([]);
});

test('status page: an order that is no order is 400, one for an unknown mirror 404', async () => {
  const { served, headers } = await open();
  for (const body of [null, [], 'approve', { mirror: 'photos' }, { ...ORDER, confirm: 1 }])
    expect((await served.post('/api/v1/approve', body, headers)).status).toBe(400);
  const unknown = { ...ORDER, confirm: 'c1', mirror: '../etc' };
  expect((await served.post('/api/v1/approve', unknown, headers)).status).toBe(404);
});

test('confirmation: each of its parts binds', () => {
  const clock = steppedClock();
  const shown = { mirror: 'a', id: 'b', deletes: 1, overwrites: 2, extraneous: 3, session: 's' };
  const confirmations = createConfirmations(clock);
  const { approve } = confirmations.issue(shown).confirm;
  for (const other of [
    { mirror: 'x' },
    { id: 'x' },
    { deletes: 9 },
    { overwrites: 9 },
    { extraneous: 9 },
    { session: 'x' },
  ])
    expect(confirmations.redeem(approve, 'approve', { ...shown, ...other })).toBe(false);
  expect(confirmations.redeem(approve, 'reject', shown)).toBe(false);
  expect(createConfirmations(clock).redeem(approve, 'approve', shown)).toBe(false);
  const [head, end, nonce, mac] = approve.split('.');
  const later = [head, (Number.parseInt(end ?? '', 36) + 1).toString(36), nonce, mac].join('.');
  expect(confirmations.redeem(later, 'approve', shown)).toBe(false);
  expect(confirmations.redeem(approve, 'approve', shown)).toBe(true);
  expect(confirmations.redeem(approve, 'approve', shown)).toBe(false);
});
