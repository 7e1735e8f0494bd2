import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseTrashed } from '../../../src/sync/trash/choose-trashed.js';
import type { TrashEntry } from '../../../src/sync/trash/list-trash.js';
import { trashFolder } from '../../../src/sync/trash/trash-name.js';
import { compareNames } from '../../../src/utf8-order.js';
import { leftAfter } from '../../garbage.js';
import { temporaryFolder } from '../../world/folder.js';

function trashed(name: string, atMs: number): TrashEntry {
  const folder = trashFolder(atMs, '0a0b0c');
  return {
    folder,
    atMs,
    name,
    why: undefined,
    key: `.longshore/trash/${folder}/${name}`,
    size: atMs,
    md5: undefined,
    lastModifiedMs: undefined,
  };
}

async function* inPages(
  entries: readonly TrashEntry[],
  length: number,
): AsyncGenerator<readonly TrashEntry[], void> {
  for (let at = 0; at < entries.length; at += length) yield entries.slice(at, at + length);
}

const isLink = ({ name }: TrashEntry) => name.startsWith('link');

test('restore from the trash: chooses of each name the last version, or the first since a moment, in order, and links after files', async () => {
  const folder = temporaryFolder();
  const name = fc.oneof(
    fc.constantFrom('a', 'a/b', 'link', 'link/a', '\uffff', '\u{10000}', 'new\nline'),
    fc.string({ minLength: 1 }),
  );
  const entries = fc.uniqueArray(fc.tuple(name, fc.integer({ min: 0, max: 9 })), {
    selector: String,
  });
  const since = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(
      entries,
      since,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      async (all, sinceMs, page, runLength) => {
        const chosen: [string, number][] = [];
        const given = all.map(([of, atMs]) => trashed(of, atMs));
        for await (const { name: of, atMs } of chooseTrashed(inPages(given, page), {
          sinceMs,
          isLater: isLink,
          folder,
          runLength,
        }))
          chosen.push([of, atMs]);

        const expected = new Map<string, number>();
        for (const [of, atMs] of all)
          if (sinceMs === undefined) expected.set(of, Math.max(atMs, expected.get(of) ?? 0));
          else if (atMs >= sinceMs) expected.set(of, Math.min(atMs, expected.get(of) ?? 9));
        const later = ([of]: [string, number]) => Number(of.startsWith('link'));
        expect(chosen).toEqual(
          [...expected].sort((a, b) => later(a) - later(b) || compareNames(a[0], b[0])),
        );
      },
    ),
  );
  expect(readdirSync(folder)).toEqual([]);
});

test('P7: restore from the trash: holds only few of many names in memory', async () => {
  const folder = temporaryFolder();
  const left = await leftAfter(1, async (keep) => {
    async function* many(): AsyncGenerator<readonly TrashEntry[], void> {
      for (let page = 0; page < 200; page += 1)
        yield Array.from({ length: 100 }, (_, at) => keep(trashed(`${at}/${page}`, page)));
    }
    const chosen = chooseTrashed(many(), {
      sinceMs: undefined,
      isLater: isLink,
      folder,
      runLength: 1000,
    });
    await chosen.next();
    held = chosen;
  });
  expect(left).toBeLessThan(1500);
  await held?.return();
});

test('restore from the trash: an error names the folder that cannot be written', async () => {
  const chosen = chooseTrashed(inPages([trashed('name', 1)], 1), {
    sinceMs: undefined,
    isLater: isLink,
    folder: '/nonexistent',
  });
  await expect(chosen.next()).rejects.toThrow(
    '/nonexistent, where a listing is sorted, cannot be written to: ENOENT',
  );
});

let held: AsyncGenerator<TrashEntry, void> | undefined;
