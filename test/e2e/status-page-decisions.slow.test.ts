import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ServedMirror, serveMirror } from '../browser/served-mirror.js';
import { askPort } from '../listener/fixture.js';
import { eventually } from '../world/eventually.js';
import { FILES, fill, objectsLeft, PASS, untilStatus } from './guard-fixture.js';

interface Held {
  readonly id: string;
  readonly deletes: number;
  readonly trigger: readonly { readonly atMs: number | null; readonly text: string }[];
  readonly checks: readonly { readonly ok: boolean; readonly text: string }[];
  readonly confirm: { readonly approve: string; readonly reject: string };
}

/** A browser's session at the page of a daemon. */
async function openSession({ port, origin, token }: ServedMirror) {
  const json = { 'content-type': 'application/json', origin };
  const post = async (path: string, body: object, headers: object) => {
    const answer = await askPort(port, path, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify(body),
    });
    return {
      status: answer.status,
      cookies: answer.headers['set-cookie'],
      body: JSON.parse(answer.text),
    };
  };
  const begun = await post('/api/v1/session', {}, { authorization: `Bearer ${token}` });
  const cookie = begun.cookies?.[0]?.split(';', 1)[0] ?? '';
  const { csrf } = begun.body as { csrf: string };
  return {
    held: async () => {
      const { text } = await askPort(port, '/api/v1/held?mirror=documents', {
        headers: { cookie },
      });
      return JSON.parse(text) as Held;
    },
    approve: ({ id, deletes, confirm }: Held) =>
      post(
        '/api/v1/approve',
        { mirror: 'documents', id, confirm: confirm.approve, typed: `approve ${deletes}` },
        { cookie, csrf },
      ),
  };
}

test('P3: P4: status page: held deletes are approved as they were shown, and not after a file came back', async () => {
  const served = await serveMirror({ prepare: fill });
  await eventually(() => expect(served.differences()).toEqual([]));
  await untilStatus(served, ({ lastReconcile }) => expect(lastReconcile).toBeTruthy());
  rmSync(join(served.source, 'folder'), { recursive: true });
  await untilStatus(served, ({ held, queued }) => {
    expect(held).toBeGreaterThanOrEqual(FILES - PASS);
    expect(queued).toBe(0);
  });
  const session = await openSession(served);
  const shown = await session.held();
  const left = objectsLeft(served);
  expect(shown.deletes).toBe(left);
  expect(shown.trigger.map(({ text }) => text)).toEqual([
    `the folder folder/ is gone (${left} objects)`,
    expect.stringMatching(/ changes? that destroys? something.*the guard lets \d+ pass unasked$/),
  ]);
  expect(shown.trigger.every(({ atMs }) => typeof atMs === 'number')).toBe(true);
  expect(shown.checks.map(({ ok, text }) => [ok, text])).toEqual([
    [true, expect.stringContaining('the source is the same folder as before')],
    [true, expect.stringMatching(/^it is not empty: the last scan found \d+ files?$/)],
    [true, 'all of it could be read, so the files really are gone'],
  ]);

  const [held = ''] = readdirSync(join(served.container, 'folder'));
  served.write(join('folder', held), 'back');
  await untilStatus(served, (status) => expect(status['held']).toBe(left - 1));
  const stale = await session.approve(shown);
  expect(stale).toMatchObject({ status: 409, body: { held: { deletes: left - 1 } } });
  expect(objectsLeft(served)).toBe(left);

  const approved = await session.approve(stale.body.held as Held);
  expect([approved.status, approved.body]).toEqual([200, { changed: left - 1 }]);
  await eventually(() => expect(served.differences()).toEqual([]));
  expect(objectsLeft(served)).toBe(1);
  expect(served.program.stderr()).toMatch(
    new RegExp(
      `held changes decided on the page decision=approve mirror=documents .* deletes=${left - 1} `,
    ),
  );
  expect((await session.approve(stale.body.held as Held)).status).toBe(409);
});

test('P3: status page: of a decision and a change that meet, one wins, and no object of a file that is back goes', async () => {
  const served = await serveMirror({ prepare: fill });
  await eventually(() => expect(served.differences()).toEqual([]));
  await untilStatus(served, ({ lastReconcile }) => expect(lastReconcile).toBeTruthy());
  rmSync(join(served.source, 'folder'), { recursive: true });
  await untilStatus(served, ({ held }) => expect(held).toBeGreaterThanOrEqual(FILES - PASS));
  const session = await openSession(served);
  let approved = { status: 0 };
  for (let round = 0; approved.status !== 200; round += 1) {
    const shown = await session.held();
    served.write(join('folder', `back-${round}`), 'back');
    writeFileSync(join(served.source, 'folder', 'f199'), 'back');
    approved = await session.approve(shown);
    expect([200, 409]).toContain(approved.status);
  }
  await eventually(() => expect(served.differences()).toEqual([]));
});
