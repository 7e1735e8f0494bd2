import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { StateDamagedError } from '../../../src/state/errors.js';
import { createMailbox } from '../../../src/sync/scan/mailbox.js';
import { pageOf, type RemotePage } from '../../../src/sync/scan/remote-page.js';
import { startScan } from '../../../src/sync/scan/scan.js';
import {
  type FromScan,
  ScanFailedError,
  type ToScan,
} from '../../../src/sync/scan/scan-messages.js';
import { startScanThread } from '../../../src/sync/scan/scan-thread.js';
import { writeFiles } from '../../world/tree.js';
import { MIRROR } from '../records.js';
import { mirrored, scanned } from './scan-fixture.js';

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

async function* listingOf(...pages: (readonly string[] | Error)[]): AsyncGenerator<RemotePage> {
  for (const page of pages) {
    if (page instanceof Error) throw page;
    yield pageOf(
      page.map((name) => [name, { size: Buffer.byteLength(name), md5: MD5, inspected: true }]),
      true,
    );
  }
}

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

describe('the thread', () => {
  it('P4: rejects the scan when it dies', async () => {
    const { request } = await mirrored(['a']);
    const arrivals = createMailbox<FromScan>();
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const thread = startScanThread(
      { request: request(), listed: true, shared },
      { message: arrivals.put, fail: arrivals.fail },
    );
    const { signal } = new AbortController();
    expect(await arrivals.take(signal)).toEqual({ kind: 'want-page' });
    thread.send(null as unknown as ToScan); // which it cannot understand
    const ended = (async () => {
      for (let last = await arrivals.take(signal); last.kind === 'want-page'; )
        last = await arrivals.take(signal);
    })();
    await expect(ended).rejects.toThrow(ScanFailedError);
    await expect(ended).rejects.toThrow(/nothing is deleted/);
  });

  const many = Object.fromEntries(Array.from({ length: 6000 }, (_, n) => [`d${n % 10}/${n}`, '']));

  it('ends at once when the signal is aborted, before or while it scans', async () => {
    const { request, root } = await mirrored([]);
    writeFiles(root, many);
    const reason = new Error('enough');
    await expect(scanned(request(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const scan = startScan(request(), { signal: controller.signal, clock: systemClock });
    await expect(async () => {
      for await (const _ of scan) controller.abort(reason);
    }).rejects.toBe(reason);
    expect(scan.scanned()).toBeLessThan(6001);
  });

  it('gives out nothing that waits already once its signal is aborted', async () => {
    const { request, root } = await mirrored([]);
    writeFiles(root, many);
    const controller = new AbortController();
    const scan = startScan(request(), { signal: controller.signal, clock: systemClock });
    const batches = scan[Symbol.asyncIterator]();
    await batches.next();
    await expect.poll(scan.scanned).toBeGreaterThan(1500); // three more batches are under way
    controller.abort(new Error('enough'));
    await expect(batches.next()).rejects.toThrow('enough');
  });

  it('ends while it waits for a listing that never comes', async () => {
    const { request } = await mirrored(['a']);
    const controller = new AbortController();
    async function* never(): AsyncGenerator<RemotePage> {
      setImmediate(() => controller.abort(new Error('enough')));
      await new Promise(() => {});
      yield pageOf([], false);
    }
    await expect(
      scanned(request(), { listing: never(), signal: controller.signal }),
    ).rejects.toThrow('enough');
  });

  it('ends when its reader stops, and the listing is closed', async () => {
    const { request, root } = await mirrored([]);
    writeFiles(root, many);
    let closed = false;
    async function* listing(): AsyncGenerator<RemotePage> {
      try {
        yield pageOf([['zzz', { size: 0, inspected: false }]], false);
        yield pageOf([], false);
      } finally {
        closed = true;
      }
    }
    for await (const batch of startScan(request(), {
      listing: listing(),
      signal: new AbortController().signal,
      clock: systemClock,
    })) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(true);
  });

  it('P7: waits until its findings are taken', async () => {
    const { request, root } = await mirrored([]);
    writeFiles(root, many);
    const scan = startScan(request(), { signal: new AbortController().signal, clock: systemClock });
    const batches = scan[Symbol.asyncIterator]();
    await batches.next();
    let before = -1;
    while (scan.scanned() !== before) {
      before = scan.scanned();
      await delay(200);
    }
    expect(scan.scanned()).toBeLessThanOrEqual(2500);
    let taken = 0;
    for (let next = await batches.next(); !next.done; next = await batches.next())
      taken += next.value.filter(({ kind }) => kind === 'finding').length;
    expect(taken).toBe(5500);
    expect(scan.scanned()).toBe(6001);
  });
});
