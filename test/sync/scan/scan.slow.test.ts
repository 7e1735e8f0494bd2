import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../../world/tree.js';
import { MIRROR } from '../records.js';
import { listingOf, MD5 } from './listing-pages.js';
import { mirrored, scanned } from './scan-fixture.js';

describe('a scan', () => {
  it('of an unchanged source finds nothing', async () => {
    const { request } = await mirrored(['a', 'b/c', 'b/d']);
    const { items, summary } = await scanned(request());
    expect(items.map(({ kind }) => kind)).toEqual(['walked', 'finished']);
    expect(summary).toMatchObject({
      scanned: 4,
      unchanged: 4,
      bytes: 7,
      deletesKept: 0,
      excluded: 0,
      complete: true,
    });
  });

  it.each(['lmdb', 'lowdb'] as const)(
    'finds what is new, changed and gone, the last after all else (%s)',
    async (engine) => {
      const { root, request } = await mirrored(['a', 'b/c', 'b/d', 'z'], {}, engine);
      rmSync(join(root, 'a'));
      writeFileSync(join(root, 'b/c'), 'other content');
      writeFiles(root, ['new', 'zz']);
      const { items, due, walked } = await scanned(request());
      expect(due).toEqual(['upload b/c', 'upload new', 'upload zz', 'delete a']);
      expect(items.indexOf(walked!)).toBe(3);
      expect(items.at(-1)).toMatchObject({ kind: 'finished', scanned: 6, unchanged: 3 });
    },
  );

  it('finds what became of files that are folders now, and of folders that are files', async () => {
    const { root, request } = await mirrored([
      'file',
      'folder/x',
      'folder/y/z',
      'folder-',
      'folder.txt',
    ]);
    rmSync(join(root, 'file'));
    rmSync(join(root, 'folder'), { recursive: true });
    writeFiles(root, ['file/below', 'folder']);
    const { due } = await scanned(request());
    expect(due).toEqual([
      'upload file/below',
      'upload folder',
      'delete file',
      'delete folder/x',
      'delete folder/y/z',
    ]);
  });

  it('finds what became of links that are files now, and of files that are links', async () => {
    const { root, request } = await mirrored(['file', 'target'], { symlinks: 'preserve' });
    rmSync(join(root, 'file'));
    symlinkSync('target', join(root, 'file'));
    expect((await scanned(request())).due).toEqual(['upload file.rclonelink', 'delete file']);
    const skipping = request();
    const { due, problems } = await scanned({
      ...skipping,
      settings: { ...skipping.settings, symlinks: 'skip' },
    });
    expect(due).toEqual(['delete file']);
    expect(problems).toMatchObject([{ path: 'file', reason: 'link-skipped' }]);
  });

  it('under a path reads nothing else', async () => {
    const { root, request } = await mirrored([
      'a',
      'a-',
      'b/x',
      'b/y',
      'b-/x',
      'b.txt',
      'b/deep/z',
    ]);
    for (const path of ['a', 'a-', 'b', 'b-', 'b.txt'])
      rmSync(join(root, path), { recursive: true });
    writeFiles(root, ['b/new', 'c']);
    expect((await scanned(request({ under: 'b' }))).due).toEqual([
      'upload b/new',
      'delete b/deep/z',
      'delete b/x',
      'delete b/y',
    ]);
    expect((await scanned(request({ under: 'a' }))).due).toEqual(['delete a']);
    expect((await scanned(request({ under: 'c' }))).due).toEqual(['upload c']);
    expect((await scanned(request({ under: 'b/deep/z' }))).due).toEqual(['delete b/deep/z']);
    expect((await scanned(request({ under: 'nothing/here' }))).due).toEqual([]);
  });

  it('compares with a listing, page by page', async () => {
    const { root, request } = await mirrored(['drifted', 'same', 'lost']);
    writeFiles(root, ['there-already', 'new']);
    const listing = listingOf(['.keep-not', 'drifted'], [], ['extra', 'same', 'there-already']);
    const { due, findings } = await scanned(request(), { listing });
    expect(due).toEqual([
      'upload .keep',
      'upload lost',
      'upload new',
      'learn there-already',
      'report .keep-not',
      'report extra',
    ]);
    expect(findings.find(({ name }) => name === 'lost')).toMatchObject({
      remote: 'absent',
      decision: { why: 'drift' },
    });
    expect(findings.find(({ name }) => name === 'there-already')).toMatchObject({
      remote: { size: 13, md5: MD5 },
    });
  });

  it('compares with a listing in any order, where the driver declares that', async () => {
    const { request } = await mirrored(['drifted', 'same', 'lost']);
    const { due } = await scanned(request(), {
      listing: listingOf(['same', 'extra'], [], ['drifted', 'a']),
      listingOrder: 'none',
    });
    expect(due).toEqual(['upload .keep', 'upload lost', 'report a', 'report extra']);
  });

  it('never mistakes foreign objects for files outside of the source', async () => {
    const { request, root } = await mirrored(['a']);
    writeFileSync(join(root, '../secret'), '');
    const names = ['../secret', '/a', '.keep', 'a', 'a/', 'a//b'].sort();
    const { due } = await scanned(request({ policy: { ...MIRROR, extraneous: 'delete' } }), {
      listing: listingOf(names),
    });
    expect(due.slice(-4)).toEqual(['delete ../secret', 'delete /a', 'delete a/', 'delete a//b']);
  });
});
