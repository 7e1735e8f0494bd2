import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSamePath, openPlaceCheck } from '../../../src/sync/source/in-place.js';
import { createFolder, removeFolder } from '../../world/folder.js';

let source: string;

beforeAll(() => {
  source = createFolder('place');
});

afterAll(() => removeFolder(source));

describe('an open file is the one at its path', () => {
  test('only when it was opened there, even if the path was another file’s and is its own again', () => {
    const [folder, other, away] = ['folder', 'other', 'away'].map((name) => join(source, name)) as [
      string,
      string,
      string,
    ];
    for (const place of [folder, other]) {
      mkdirSync(place);
      writeFileSync(join(place, 'file'), 'content');
    }
    const path = join(folder, 'file');
    renameSync(folder, away);
    symlinkSync('other', folder);
    const byLink = openSync(path, 'r');
    rmSync(folder);
    renameSync(away, folder);
    const itself = openSync(path, 'r');
    try {
      const isInPlace = openPlaceCheck({ source, follow: false });
      expect(isInPlace(path)).toBe(true);
      expect(isInPlace(path, itself)).toBe(true);
      expect(isInPlace(path, byLink)).toBe(false);
    } finally {
      closeSync(byLink);
      closeSync(itself);
    }
  });

  test('also below a source that is the root of the system, or has a slash at its end', () => {
    const path = join(source, 'plain');
    writeFileSync(path, 'content');
    const itself = openSync(path, 'r');
    try {
      for (const root of ['/', `${source}/`, source]) {
        const isInPlace = openPlaceCheck({ source: root, follow: false });
        const below = path.slice(root === '/' ? 1 : source.length + 1);
        expect(isInPlace(`${root}/${below}`, itself)).toBe(true); // as a batch puts it together
        expect(isInPlace(path, itself)).toBe(true);
        expect(isInPlace(`${root}/${below}s`, itself)).toBe(false);
      }
      expect(openPlaceCheck({ source, follow: false })(source)).toBe(true);
    } finally {
      closeSync(itself);
    }
  });

  test.each([
    ['letters', 'LETTERS'],
    ['\u00fc', 'u\u0308'],
  ])('%s is not %s, where a link leads from one to the other', (name, twin) => {
    mkdirSync(join(source, name));
    writeFileSync(join(source, name, 'file'), 'content');
    symlinkSync(name, join(source, twin));
    const byLink = openSync(join(source, twin, 'file'), 'r');
    try {
      expect(openPlaceCheck({ source, follow: false })(join(source, twin, 'file'), byLink)).toBe(
        false,
      );
      expect(openPlaceCheck({ source, follow: false })(join(source, name, 'file'), byLink)).toBe(
        true,
      );
    } finally {
      closeSync(byLink);
    }
  });

  test.each([
    ['/data/letter', '/data/letter', true],
    ['/data/LETTER', '/data/letter', true],
    ['/data/\u00fc', '/data/u\u0308', true],
    ['/data/letter', '/data/letters', false],
    ['/other/letter', '/data/letter', false],
    ['/data/letter (deleted)', '/data/letter', false],
  ])('%s and %s: %s', (real, expected, same) => {
    expect(isSamePath(real, expected)).toBe(same);
  });
});
