import { expect, test } from 'vitest';
import { type Existing, judgeExisting, type Overwrite } from '../../src/restore/existing.js';

const at = 1_700_000_000_123_456_789n;
const wanted = { kind: 'file', size: 5, mtimeNs: at } as const;
const file = (rest: Partial<Existing> = {}): Existing => ({
  kind: 'file',
  size: 5,
  mtimeNs: at,
  ...rest,
});
const older = { size: 4, mtimeNs: at - 5_000_000_000n };
const newer = { size: 4, mtimeNs: at + 5_000_000_000n };

test.each<[string, Existing, Overwrite, string]>([
  ['a file of this size and time', file(), 'never', 'finished'],
  ['the time without its nanoseconds', file({ mtimeNs: at - 789n }), 'always', 'finished'],
  ['another time, whose content can be compared', file({ mtimeNs: 1n }), 'never', 'compare'],
  ['an older file, never', file(older), 'never', 'exists'],
  ['an older file, older', file(older), 'older', 'restore'],
  ['a newer file, older', file(newer), 'older', 'kept'],
  ['a newer file, always', file(newer), 'always', 'restore'],
  ['a link, never', file({ kind: 'symlink' }), 'never', 'exists'],
  ['a link, always', file({ kind: 'symlink' }), 'always', 'restore'],
  ['a folder, always', file({ kind: 'folder' }), 'always', 'blocked'],
  ['a device, always', file({ kind: 'special' }), 'always', 'blocked'],
])('what is at a path: %s', (_, existing, overwrite, verdict) => {
  expect(judgeExisting(existing, wanted, overwrite, true)).toBe(verdict);
});

test('equal sizes and times do not make a link the same, and without a time nothing is the same by its time', () => {
  const link = { kind: 'symlink', size: 5, mtimeNs: at } as const;
  expect(judgeExisting(file({ kind: 'symlink' }), link, 'never', true)).toBe('compare');
  expect(judgeExisting(file(), { ...wanted, mtimeNs: undefined }, 'never', true)).toBe('compare');
  expect(judgeExisting(file(), { ...wanted, mtimeNs: undefined }, 'older', true)).toBe('compare');
});
