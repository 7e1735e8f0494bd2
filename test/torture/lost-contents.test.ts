import { describe, expect, test } from 'vitest';
import { made } from './history-made.js';
import { lostContents } from './rules.js';

describe('rule: content that the source has held for a second is somewhere in the container', () => {
  const RENAMED = made({
    old: [
      [1, 'c'],
      [5, '-'],
    ],
    new: [[5, 'c']],
  });
  test('allows a rename whose new name comes first', () =>
    expect(
      lostContents(
        RENAMED,
        made({
          old: [
            [2, 'c'],
            [7, '-'],
          ],
          new: [[6, 'c']],
        }),
      ),
    ).toEqual([]));
  test('allows a rename whose old object is kept in the trash', () =>
    expect(
      lostContents(
        RENAMED,
        made({
          old: [
            [2, 'c'],
            [6, '-'],
          ],
          '.longshore/trash/x/old': [[5.5, 'c']],
          new: [[9, 'c']],
        }),
      ),
    ).toEqual([]));
  test('reports content that is under neither name while a file is renamed', () =>
    expect(
      lostContents(
        RENAMED,
        made({
          old: [
            [2, 'c'],
            [6, '-'],
          ],
          new: [[6.1, 'c']],
        }),
      ),
    ).toEqual([expect.stringMatching(/^"old" had c, which is nowhere .*\["new"\]/)]));
  test('reports an old name that is overwritten before its content is under another name', () => {
    const rotated = made({
      log: [
        [1, 'c'],
        [5, 'd'],
      ],
      'log.1': [[5, 'c']],
    });
    expect(
      lostContents(
        rotated,
        made({
          log: [
            [2, 'c'],
            [6, 'd'],
          ],
          'log.1': [[7, 'c']],
        }),
      ),
    ).toHaveLength(1);
  });
  test('reports the delete of an object whose file exists', () =>
    expect(
      lostContents(
        made({ a: [[1, 'c']] }),
        made({
          a: [
            [2, 'c'],
            [5, '-'],
          ],
        }),
      ),
    ).toHaveLength(1));
  test('allows the delete of an object whose file is gone', () =>
    expect(
      lostContents(
        made({
          a: [
            [1, 'c'],
            [5, '-'],
          ],
        }),
        made({
          a: [
            [2, 'c'],
            [6, '-'],
          ],
        }),
      ),
    ).toEqual([]));
  test('allows a gap in content that the source has not held for a second', () =>
    expect(
      lostContents(
        made({ a: [[1, 'c']] }),
        made({
          a: [
            [1.2, 'c'],
            [1.5, '-'],
          ],
        }),
      ),
    ).toEqual([]));
  test('allows the delete of content that was gone and came back', () =>
    expect(
      lostContents(
        made({
          a: [
            [1, 'c'],
            [5, '-'],
            [6, 'c'],
          ],
        }),
        made({
          a: [
            [2, 'c'],
            [9, '-'],
          ],
        }),
      ),
    ).toEqual([]));
  test('allows a gap where the store cannot hold both names', () => {
    const below = made({
      a: [
        [1, 'c'],
        [5, '-'],
      ],
      'a/b': [[5, 'c']],
    });
    const shown = made({
      a: [
        [2, 'c'],
        [6, '-'],
      ],
      'a/b': [[7, 'c']],
    });
    expect(lostContents(below, shown)).toHaveLength(1);
    expect(
      lostContents(below, shown, { exclude: (name, other) => other.startsWith(`${name}/`) }),
    ).toEqual([]);
  });
});
