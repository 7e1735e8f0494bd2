import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { StateDamagedError } from '../../../src/state/errors.js';
import { startScan } from '../../../src/sync/scan/scan.js';
import { ScanFailedError } from '../../../src/sync/scan/scan-messages.js';
import { writeFiles } from '../../world/tree.js';
import { listingOf } from './listing-pages.js';
import { mirrored, scanned } from './scan-fixture.js';

describe('P4: nothing is deleted', () => {
  it('when the source is missing, or no folder', async () => {
    const { root, request } = await mirrored(['a']);
    rmSync(root, { recursive: true });
    await expect(scanned(request())).rejects.toMatchObject({
      name: 'SourceMissingError',
      root,
      message: expect.stringContaining('does not exist'),
    });
    writeFileSync(root, '');
    await expect(scanned(request())).rejects.toMatchObject({ name: 'SourceMissingError' });
  });

  it('when the source is suddenly empty, unless that is meant', async () => {
    const { root, request } = await mirrored(['a', 'b/c']);
    rmSync(root, { recursive: true });
    mkdirSync(root);
    const { due, problems, walked, summary } = await scanned(request());
    expect(due).toEqual([]);
    expect(walked).toMatchObject({ empty: true });
    expect(summary).toMatchObject({ deletesKept: 3 });
    expect(problems).toMatchObject([
      {
        kind: 'problem',
        path: '',
        reason: 'delete-withheld',
        detail: expect.stringContaining('3 objects are kept: the source is empty'),
      },
    ]);
    expect((await scanned(request({ acceptEmpty: true }))).due).toEqual([
      'delete .keep',
      'delete a',
      'delete b/c',
    ]);
  });

  it('when the source holds nothing but what longshore keeps there itself', async () => {
    const filter = { exclude: [], include: [], never: ['own/state'] };
    const { root, request } = await mirrored(['a', 'own/state/index'], { filter });
    for (const name of ['a', '.keep']) rmSync(join(root, name));
    expect((await scanned(request())).due).toEqual([]);
    writeFiles(root, ['b']);
    expect((await scanned(request())).due).toEqual(['upload b', 'delete .keep', 'delete a']);
  });

  it('below a folder that cannot be read, while its siblings are seen to', async () => {
    const { root, request } = await mirrored(['a/x', 'b/x', 'b/y', 'b-/x', 'c/x']);
    for (const path of ['a/x', 'b/x', 'b/y', 'b-/x']) rmSync(join(root, path));
    mkdirSync(join(root, 'b/.longshoreignore')); // what b excludes is not known
    writeFiles(root, ['b/new', 'c/new']);
    const { due, problems, summary } = await scanned(request());
    expect(due).toEqual(['upload c/new', 'delete a/x', 'delete b-/x']);
    expect(problems.map(({ path, reason }) => [path, reason])).toEqual([
      ['b', 'unreadable'],
      ['b', 'delete-withheld'],
    ]);
    expect(problems.at(-1)?.detail).toContain('2 objects are kept');
    expect(summary).toMatchObject({ deletesKept: 2, complete: false });
  });

  it('below a folder that became a link, when links are skipped', async () => {
    const { root, request } = await mirrored(['folder/x', 'folder/y', 'other']);
    rmSync(join(root, 'folder'), { recursive: true });
    rmSync(join(root, 'other'));
    symlinkSync('/somewhere/else', join(root, 'folder'));
    const { due, summary } = await scanned(request());
    expect(due).toEqual(['delete other']);
    expect(summary).toMatchObject({ deletesKept: 2 });
  });

  it('of what is excluded, and foreign objects there are not reported', async () => {
    const { root, request } = await mirrored(['a.tmp', 'cache/x', 'gone/a.tmp', 'gone/b', 'kept']);
    rmSync(join(root, 'gone'), { recursive: true });
    rmSync(join(root, 'cache/x'));
    const now = request();
    const filter = { exclude: ['*.tmp', 'cache/'], include: [], never: [] };
    const listing = listingOf(
      ['.keep', 'a.tmp', 'cache/x', 'cache/y', 'gone/a.tmp', 'gone/b', 'kept'].sort(),
    );
    const { due, summary } = await scanned(
      { ...now, settings: { ...now.settings, filter } },
      { listing },
    );
    expect(due.filter((line) => !line.startsWith('upload'))).toEqual(['delete gone/b']);
    expect(summary).toMatchObject({ excluded: 4, deletesKept: 0, complete: true });
  });

  it('when the caller says so; foreign objects are reported all the same', async () => {
    const { root, request } = await mirrored(['a', 'b']);
    rmSync(join(root, 'a'));
    const { due, problems } = await scanned(
      request({ noDeletes: 'no reconcile has finished yet' }),
      {
        listing: listingOf(['.keep', 'a', 'b', 'foreign']),
      },
    );
    expect(due.filter((line) => !line.startsWith('upload'))).toEqual(['report foreign']);
    expect(problems).toMatchObject([
      {
        path: '',
        reason: 'delete-withheld',
        detail: '1 object is kept: no reconcile has finished yet',
      },
    ]);
  });

  it('when the listing fails half way', async () => {
    const { root, request } = await mirrored(['a', 'b']);
    rmSync(join(root, 'a'));
    const trouble = new Error('503');
    const items: string[] = [];
    const scan = startScan(request(), {
      listing: listingOf(['.keep'], trouble),
      signal: new AbortController().signal,
      clock: systemClock,
    });
    await expect(async () => {
      for await (const batch of scan) items.push(...batch.map(({ kind }) => kind));
    }).rejects.toBe(trouble);
    expect(items).toEqual([]);
  });

  it('when the listing is out of order', async () => {
    const { request } = await mirrored(['a', 'b']);
    const failed = scanned(request(), { listing: listingOf(['b'], ['a']) });
    await expect(failed).rejects.toThrow(ScanFailedError);
    await expect(failed).rejects.toThrow(/order of UTF-8 bytes/);
  });

  it('when the index cannot be opened', async () => {
    const { location, request } = await mirrored(['a']);
    writeFileSync(join(location.folder, 'index.mdb'), Buffer.alloc(40_000, 0x55));
    const failing = scanned(request());
    await expect(failing).rejects.toThrow(StateDamagedError);
    await expect(failing).rejects.toThrow('index.mdb: does not begin as an LMDB file does');
  });

  it('when the index is gone', async () => {
    const { location, request } = await mirrored(['a']);
    rmSync(join(location.folder, 'index.mdb'));
    await expect(scanned(request())).rejects.toThrow(StateDamagedError);
  });
});
