import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTrashFolders } from '../../../src/sync/trash/trash-folders.js';
import { FOLDER_MS, readTrashed, trashFolder } from '../../../src/sync/trash/trash-name.js';

const moment = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
const distinction = fc.stringMatching(/^[0-9a-f]{6}$/);
const reason = fc.constantFrom('deleted', 'overwritten', 'damaged', undefined);
const name = fc.string({
  minLength: 1,
  unit: fc.oneof(
    fc.constantFrom('/', '\n', '.', '-', 'Z'),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
});

it('trash name: has the time of the delete and the former name', () => {
  fc.assert(
    fc.property(moment, distinction, name, reason, (atMs, letters, name, why) => {
      const folder = trashFolder(atMs, letters, why);
      expect(readTrashed(`${folder}/${name}`)).toStrictEqual({ folder, name, atMs, why });
    }),
  );
  const at = Date.UTC(2026, 10, 22, 17, 38, 5, 123);
  expect(trashFolder(at, '4f2a1c')).toBe('2026-11-22T17-38-05.123Z-4f2a1c');
  expect(trashFolder(at, '4f2a1c', 'deleted')).toBe('2026-11-22T17-38-05.123Z-4f2a1c-deleted');
});

it('trash name: folders are ordered by their age', () => {
  fc.assert(
    fc.property(moment, moment, distinction, (a, b, letters) => {
      fc.pre(b > a);
      expect(trashFolder(a, 'ffffff') < trashFolder(b, letters)).toBe(true);
    }),
  );
});

it.each([
  '2026-11-22T17-38-05.123Z-4f2a1c',
  '2026-11-22T17-38-05.123Z-4f2a1c/',
  '2026-11-22T17-38-05.123Z/a',
  '2026-11-22T17:38:05.123Z-4f2a1c/a',
  '2026-11-22T17-38-05.123Z-4F2A1C/a',
  '2026-11-22T17-38-05.123Z-4f2a1c-moved/a',
  '2026-02-30T17-38-05.123Z-4f2a1c/a',
  '2026-13-01T17-38-05.123Z-4f2a1c/a',
  '2026-11-22T24-00-00.123Z-4f2a1c/a',
  'x/2026-11-22T17-38-05.123Z-4f2a1c/a',
  '2026-11-22T17-38-05Z-4f2a1c/a',
  'a',
  '',
])('trash name: %j is not one of longshore', (text) => {
  expect(readTrashed(text)).toBeUndefined();
});

it('trash name: differs for two contents of one name, and is the same for equal content', () => {
  let monotonic = 0;
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c/d'),
    content: fc.constantFrom('1', '2'),
    why: fc.constantFrom('deleted', 'overwritten'),
    pauseMs: fc.constantFrom(0, 1, FOLDER_MS),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      // The time of day stands still: names differ without it.
      const { placeFor } = createTrashFolders({ now: () => 0, monotonic: () => monotonic });
      const contents = new Map<string, string>();
      for (const { name, content, why, pauseMs } of steps) {
        monotonic += pauseMs;
        const place = placeFor(name, content, why);
        expect(readTrashed(place)).toMatchObject({ name, why });
        expect(contents.get(place) ?? content).toBe(content);
        contents.set(place, content);
        expect(placeFor(name, content, why)).toBe(place);
      }
    }),
  );
});

it('trash name: objects deleted within a minute share a folder', () => {
  let monotonic = 0;
  const { placeFor, begin } = createTrashFolders({ now: () => 0, monotonic: () => monotonic });
  const folderOf = (name: string) => placeFor(name, '', 'deleted').split('/')[0];
  const first = folderOf('a');
  monotonic = FOLDER_MS - 1;
  expect(folderOf('b')).toBe(first);
  monotonic = FOLDER_MS;
  const second = folderOf('c');
  expect(second).not.toBe(first);
  begin();
  const third = folderOf('d');
  expect([third, second, first].sort()).toEqual([first, second, third]); // though all are of one moment
});
