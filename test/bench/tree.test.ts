import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { differenceOfCopy, fileName, fingerprint, makeTree, sizesBelow } from '../../bench/tree.js';
import { temporaryFolder } from '../world/folder.js';

const SIZE = { files: 200, bytes: 300 };

describe('a tree of the bench and its copy', () => {
  let source: string;
  let copy: string;
  beforeEach(() => {
    const folder = temporaryFolder('bench-tree');
    [source, copy] = [join(folder, 'source'), join(folder, 'copy')];
    makeTree(source, SIZE);
    makeTree(copy, SIZE);
  });

  test('has as many files of that size as asked for, a tenth in each part', () => {
    const sizes = sizesBelow(source);
    expect(sizes.size).toBe(200);
    expect([...new Set(sizes.values())]).toEqual([300]);
    expect([...sizes.keys()].filter((name) => name.startsWith('p9/'))).toHaveLength(20);
  });

  test('equal trees have no difference; longshore keeps its own objects in the copy', () => {
    mkdirSync(join(copy, '.longshore'));
    writeFileSync(join(copy, '.longshore', 'lease'), '');
    expect(differenceOfCopy(source, copy)).toBeUndefined();
  });

  const name = fileName(123, SIZE.files);
  test.each([
    ['is missing', () => rmSync(join(copy, name))],
    ['has 1 bytes instead of 300', () => writeFileSync(join(copy, name), 'x')],
    ['has other content', () => writeFileSync(join(copy, name), 'x'.repeat(300))],
    ['is in the copy alone', () => rmSync(join(source, name))],
  ])('a file of a copy %s', (difference, change) => {
    change();
    expect(differenceOfCopy(source, copy)).toBe(`${name} ${difference}`);
  });

  test('a copy that does not exist lacks files', () => {
    expect(differenceOfCopy(source, join(copy, 'elsewhere'))).toMatch(/is missing$/);
  });

  test('the fingerprint changes when a file is replaced by one of the same content', () => {
    const before = fingerprint(copy);
    expect(fingerprint(copy)).toBe(before);
    renameSync(join(copy, name), join(copy, 'moved'));
    renameSync(join(copy, 'moved'), join(copy, name));
    expect(fingerprint(copy)).not.toBe(before);
  });
});
