import { describe, expect, test } from 'vitest';
import { checksOf, createHeldGroups, triggersOf } from '../../src/status/held-reasons.js';

const WHY = '1,284 deletes in one scan; 1,000 within 1 h pass';

function grouped(held: Readonly<Record<string, 'delete' | 'overwrite'>>) {
  const groups = createHeldGroups();
  for (const [name, change] of Object.entries(held)) groups.add({ name, change });
  return groups.list();
}

const triggers = (
  held: Parameters<typeof grouped>[0],
  { foreign = 0, gone = [] as readonly string[] } = {},
) =>
  triggersOf({
    held: { sinceMs: 1_000, why: WHY, foreign },
    groups: grouped(held),
    isInSource: (path) => !gone.includes(path),
    heldAtMs: (name) => (name.startsWith('Scans') ? 900 : null),
  });

describe('what made the guard hold', () => {
  test('names what looks like an attack first, folders that are gone, and the rule last', () => {
    const held = {
      '2019/a/1.raw': 'delete',
      '2019/a/2.raw': 'delete',
      '2019/b/3.raw': 'delete',
      'Export/for print/4.tif': 'delete',
      'Export/for print/5.tif': 'delete',
      'Scans/2024/6.pdf': 'overwrite',
      '7.txt': 'delete',
    } as const;
    expect(triggers(held, { foreign: 2, gone: ['2019'] })).toEqual([
      {
        atMs: 900,
        text: '1 file below Scans/2024/ changed; its content looks encrypted or wiped',
      },
      { atMs: null, text: 'the folder 2019/ is gone (3 objects)' },
      { atMs: null, text: '2 files below Export/for print/ are gone' },
      { atMs: null, text: '1 file of the source is gone' },
      { atMs: null, text: '2 objects in the container without a file' },
      { atMs: 1_000, text: WHY },
    ]);
  });

  test('shows the largest folders, and counts what is in others', () => {
    const held = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`f${at % 5}/${at}`, 'delete'] as const),
    );
    const texts = triggers(held).map(({ text }) => text);
    expect(texts).toHaveLength(5);
    expect(texts[3]).toBe('and 12 more in other folders');
  });

  test('takes folders with a common beginning of their names for two', () => {
    const held = { 'a/bcd/1': 'delete', 'a/bce/2': 'delete' } as const;
    expect(triggers(held)[0]?.text).toBe('2 files below a/ are gone');
  });
});

describe('what was looked at', () => {
  const status = { skipped: {}, lastScan: null, lastReconcile: null };

  test('says that the source is the same, is not empty, and could be read', () => {
    const source = { veto: undefined, fileSystem: '7c1e-09b4' };
    expect(checksOf({ foreign: 0 }, source, status)).toEqual([
      { ok: true, text: 'the source is the same folder as before (file system 7c1e-09b4)' },
      { ok: true, text: 'it is not empty' },
      { ok: true, text: 'all of it could be read, so the files really are gone' },
    ]);
  });

  test('says what speaks against the deletes', () => {
    const source = { veto: '/srv/photos is missing; mount or restore it', fileSystem: undefined };
    const unread = { ...status, skipped: { unreadable: 1 } };
    expect(checksOf({ foreign: 3 }, source, unread)).toEqual([
      { ok: false, text: '/srv/photos is missing; mount or restore it' },
      { ok: false, text: '1 path could not be read; nothing below it is held or deleted' },
      { ok: false, text: 'no reconcile has listed the whole container yet' },
    ]);
  });
});
