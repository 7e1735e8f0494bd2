import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReadEntries, listFiles } from '../../../src/drivers/local/listing.js';
import { temporaryFolder } from '../../world/folder.js';
import { byBytes, store } from './listing-fixture.js';

describe('listings', () => {
  const name = fc.constantFrom(
    'a',
    'b',
    'a.txt',
    'a-',
    'a0',
    'ab',
    'é',
    '\ufffd',
    '\uffff',
    '\u{1f389}',
    '\u{10000}',
    '\ue000',
    'z',
    ' ',
    '!',
    '0',
  );
  const keys = fc.uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    { maxLength: 30 },
  );

  it('G3: any tree is listed in the order of its bytes, whatever the prefix, the page size and the start', () => {
    fc.assert(
      fc.property(
        keys,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('', 'a', 'a/', 'a/a', 'é/', '\u{1f389}', 'zz', 'a//', '../', 'a.txt/b'),
        (wanted, size, prefix) => {
          const box = temporaryFolder();
          const files = wanted.filter((key) => store(box, key));
          // Each second folder is an object of its own.
          const folders = files.flatMap((key) =>
            key.split('/').flatMap((_, depth, parts) => `${parts.slice(0, depth).join('/')}/`),
          );
          const objects = new Set(
            [...new Set(folders)].filter((key, i) => key !== '/' && i % 2 === 0),
          );
          const stored = [...files, ...objects].sort(byBytes);
          const expected = stored.filter((key) => key.startsWith(prefix));
          const read = { read: createReadEntries(), isObject: (key: string) => objects.has(key) };
          const listed: string[] = [];
          let after: string | undefined;
          for (;;) {
            const { files: found, more } = listFiles(box, read, prefix, { after }, size);
            listed.push(...found.map(({ key }) => key));
            if (!more) break;
            expect(found).toHaveLength(size);
            after = found.at(-1)?.key;
          }
          expect(listed).toEqual(expected);
          for (const start of [...stored, 'a/', 'b/a', '\uffff', '']) {
            const later = listFiles(box, read, prefix, { after: start }, 1000).files;
            expect(later.map(({ key }) => key)).toEqual(
              expected.filter((key) => byBytes(key, start) > 0),
            );
            const upTo = listFiles(box, read, prefix, { upTo: start }, 1000);
            expect(upTo.more).toBe(false);
            expect(upTo.files.map(({ key }) => key)).toEqual(
              expected.filter((key) => byBytes(key, start) <= 0),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
