import { expect, test } from 'vitest';
import type { LocalFact, Remote } from '../../src/sync/decide.js';
import { type Damage, decideHealing } from '../../src/sync/decide-healing.js';
import { record } from '../state/fixtures.js';

const known = record({ etag: 'e' });
const { size, mtimeNs, ctimeNs, inode, mode, uid, gid, md5 } = known;
const entry = { path: 'f', kind: 'file', size, mtimeNs, ctimeNs, inode, mode, uid, gid } as const;
const same: LocalFact = { entry, md5 };
const there: Remote = { size, etag: 'e', inspected: false };
const damaged: Damage = { problem: 'damaged', size, etag: 'e' };
const missing: Damage = { problem: 'missing' };

test('healing: a file with the recorded content is sent again', () => {
  expect(decideHealing(same, known, there, damaged)).toEqual({ action: 'upload', why: 'damaged' });
  expect(decideHealing(same, known, 'absent', missing)).toEqual({
    action: 'upload',
    why: 'missing',
  });
  const changed: Damage = { problem: 'changed', size, etag: 'other' };
  expect(decideHealing(same, known, { ...there, etag: 'other' }, changed)).toEqual({
    action: 'upload',
    why: 'drift',
  });
});

test('healing: rests on a digest of the file, also where its stat is the recorded one', () => {
  const learn = { action: 'learn', what: 'local-md5' };
  expect(decideHealing({ entry }, known, there, damaged)).toEqual(learn);
  const { etag: _, ...inParts } = record({ md5: '', md5Parts: 'a'.repeat(32), partSize: 5 });
  expect(decideHealing({ entry }, { ...inParts, etag: 'e' }, there, damaged)).toEqual({
    ...learn,
    partSize: 5,
  });
  expect(decideHealing({ entry, md5: 'f'.repeat(32) }, known, there, damaged)).toEqual({
    action: 'report',
    what: 'object-damaged',
  });
});

test.each<[string, LocalFact | undefined]>([
  ['is gone', undefined],
  ['has another size', { entry: { ...entry, size: size + 1 } }],
  ['has become a link', { entry: { ...entry, kind: 'symlink' } }],
])('healing: nothing is sent when the file %s', (_, local) => {
  expect(decideHealing(local, known, there, damaged)).toEqual({
    action: 'report',
    what: 'object-damaged',
  });
  expect(decideHealing(local, known, 'absent', missing)).toEqual({
    action: 'report',
    what: 'object-missing',
  });
});

test.each<[string, Parameters<typeof decideHealing>]>([
  ['was deleted', [same, known, 'absent', damaged]],
  ['is another version', [same, known, { ...there, etag: 'new' }, damaged]],
  ['is there again', [same, known, there, missing]],
  ['has no record any more', [same, undefined, there, damaged]],
  ['is being sent', [same, { ...known, state: 'sending' }, there, damaged]],
])('healing: nothing is done when the object that was read %s meanwhile', (_, facts) => {
  expect(decideHealing(...facts)).toEqual({ action: 'nothing' });
});

test('healing: looks at the object first', () => {
  expect(decideHealing(same, known, 'unknown', damaged)).toEqual({
    action: 'learn',
    what: 'remote',
  });
});
