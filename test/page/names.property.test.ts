import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutName } from '../../src/page/names.js';
import { escapeUnprintable, printableRuns } from '../../src/printable.js';

/** Any names, those that no file system would make included. */
const names = fc.string({ unit: 'binary', maxLength: 120 });

/** Without half of a surrogate pair. */
const isWhole = (text: string) => !/\p{Cs}/u.test(text);

describe('a name that is cut in the middle', () => {
  it('loses no character, and keeps the own name of the file', () => {
    fc.assert(
      fc.property(names, (name) => {
        const [begin, end] = cutName(name);
        expect(begin + end).toBe(name);
        if (isWhole(name)) expect([begin, end].every(isWhole)).toBe(true);
      }),
    );
    const deep = 'Clients/Brandt & Söhne/2026-10/05 Compositing/shot_0410_comp_v012.1042.exr';
    expect(cutName(deep)[1]).toBe('/shot_0410_comp_v012.1042.exr');
  });

  it('is whole when it is short', () => {
    expect(cutName('a/b.txt')).toEqual(['a/b.txt', '']);
  });
});

describe('the parts of a text in which escapes are marked', () => {
  it('give the text back, and hold nothing that must not reach a screen', () => {
    fc.assert(
      fc.property(names, (name) => {
        const runs = printableRuns(name);
        const back = runs.map(({ text, escaped }) =>
          escaped ? (JSON.parse(`"${text}"`) as string) : text,
        );
        expect(back.join('')).toBe(name);
        for (const { text } of runs) expect(escapeUnprintable(text)).toBe(text);
      }),
    );
  });

  it('write a newline, a direction mark and a backslash as in a JSON string', () => {
    expect(printableRuns('a\nb\u202e\\')).toEqual([
      { text: 'a', escaped: false },
      { text: '\\n', escaped: true },
      { text: 'b', escaped: false },
      { text: '\\u202e', escaped: true },
      { text: '\\\\', escaped: true },
    ]);
  });
});
