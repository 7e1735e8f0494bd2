import { expect, test } from 'vitest';
import { createLastChanges, KEPT_CHANGES } from '../../src/status/last-changes.js';
import { createObjectHistory } from '../../src/status/object-history.js';

const done = (name: string, mirror = 'documents') =>
  ({
    event: 'done',
    mirror,
    job: 'upload_object',
    name,
    why: 'new',
    bytes: 7,
    seconds: 0.25,
  }) as const;

test('object history: gives what happened to an object, oldest first, and nothing of others', () => {
  let nowMs = 100;
  const history = createObjectHistory({ now: () => nowMs });
  history.note({
    event: 'failed',
    mirror: 'documents',
    job: 'upload_object',
    name: 'a',
    error: '503',
    attempt: 2,
    retryInMs: null,
  });
  history.note(done('b'));
  history.note(done('a', 'photos'));
  nowMs = 200;
  history.note(done('a'));
  history.note({
    event: 'skipped',
    mirror: 'documents',
    path: 'a',
    reason: 'unreadable',
    detail: '',
  });
  expect(history.of('documents', 'a')).toEqual([
    {
      atMs: 100,
      what: 'failed',
      job: 'upload_object',
      detail: '503',
      bytes: 0,
      seconds: 0,
      attempt: 2,
      retryInMs: null,
    },
    {
      atMs: 200,
      what: 'done',
      job: 'upload_object',
      detail: 'new',
      bytes: 7,
      seconds: 0.25,
      attempt: 0,
      retryInMs: null,
    },
    expect.objectContaining({ what: 'skipped', detail: 'unreadable' }),
  ]);
  expect(history.of('documents', 'c')).toEqual([]);
});

test('object history: keeps the last events and forgets the others', () => {
  const history = createObjectHistory({ now: () => 0 }, 3);
  for (const name of ['a', 'b', 'c', 'd']) history.note(done(name));
  expect(['a', 'b', 'c', 'd'].map((name) => history.of('documents', name).length)).toEqual([
    0, 1, 1, 1,
  ]);
});

test('last changes: the newest come first, up to a number of each mirror, and page by the last id', () => {
  const changes = createLastChanges('b', { now: () => 5 });
  for (let at = 0; at < KEPT_CHANGES + 50; at += 1) changes.note(done(`f${at}`));
  changes.note(done('p', 'photos'));
  expect(changes.list(undefined, undefined, 2).map(({ name }) => name)).toEqual(['p', 'f249']);
  const all: string[] = [];
  for (let before: string | undefined; ; ) {
    const page = changes.list('documents', before, 60);
    if (page.length === 0) break;
    all.push(...page.map(({ name }) => name));
    before = page.at(-1)?.id;
  }
  expect(all).toEqual(Array.from({ length: KEPT_CHANGES }, (_, at) => `f${249 - at}`));
  expect(changes.list('nope', undefined, 9)).toEqual([]);
});
