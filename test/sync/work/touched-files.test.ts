import { expect, test } from 'vitest';
import type { Policy } from '../../../src/sync/decide.js';
import { touchedFile } from '../../../src/sync/plain-upload.js';
import { compareTouched, type TouchedFile } from '../../../src/sync/work/touched-files.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { record } from '../../state/fixtures.js';

const policy: Policy = {
  overwrite: 'always',
  extraneous: 'keep',
  deletes: 'mirror',
  metadata: { mtime: true, mode: false, owner: false },
};
const known = record();
const local: LocalEntry = {
  path: 'f',
  kind: 'file',
  size: known.size,
  mtimeNs: known.mtimeNs,
  ctimeNs: known.ctimeNs + 1n,
  inode: known.inode,
  mode: known.mode,
  uid: known.uid,
  gid: known.gid,
};
const learn = { action: 'learn', what: 'local-md5' } as const;
const found = { local, known, remote: 'unknown', decision: learn } as const;

test('a file with another stat and the size of its record goes into a batch', () => {
  expect(touchedFile(found, policy)).toEqual({ entry: local, why: 'touched', listed: 'unknown' });
  const listed = { size: known.size, md5: known.md5, inspected: false };
  expect(touchedFile({ ...found, remote: listed }, policy)?.listed).toBe('present');
});

test.each([
  ['is a link', { local: { ...local, kind: 'symlink' as const } }],
  ['has several names', { local: { ...local, links: 2 } }],
  ['is large', { local: { ...local, size: 2 ** 21 } }],
  ['has no record', { known: undefined }],
  ['was being sent', { known: { ...known, state: 'sending' as const } }],
  ['has a delete that the guard holds', { known: { ...known, guarded: 'delete-held' as const } }],
  ['has another object', { remote: { size: known.size + 1, inspected: false } }],
  ['has no object', { remote: 'absent' as const }],
  ['is to be sent', { decision: { action: 'upload', why: 'changed' } as const }],
])('a file that %s goes into no batch to be compared', (_, other) => {
  expect(touchedFile({ ...found, ...other }, policy)).toBeUndefined();
});

const touched = (
  more: Partial<LocalEntry>,
  md5 = known.md5,
): TouchedFile<{ entry: LocalEntry; why: 'touched'; listed: 'unknown' }> => ({
  file: { entry: { ...local, ...more }, why: 'touched', listed: 'unknown' },
  entry: { ...local, ...more },
  content: { md5, looks: 'ordinary', hashedAtMs: 1 },
  known,
});

test('the content, the metadata and the policy say what is done about a touched file', () => {
  expect(compareTouched(touched({}), policy)).toBe('same');
  expect(compareTouched(touched({ mtimeNs: 5n }), policy)).toBe('metadata');
  expect(compareTouched(touched({ mtimeNs: 5n }, 'other'), policy)).toBe('changed');
  expect(compareTouched(touched({}, 'other'), { ...policy, deletes: 'trash' })).toBeUndefined();
  expect(compareTouched(touched({}, 'other'), { ...policy, overwrite: 'never' })).toBeUndefined();
  const held = { ...touched({}), known: { ...known, guarded: 'rejected' as const } };
  expect(compareTouched(held, policy)).toBeUndefined();
});
