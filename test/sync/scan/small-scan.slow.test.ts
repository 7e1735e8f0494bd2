import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageOf, type RemotePage } from '../../../src/sync/scan/remote-page.js';
import { SourceMissingError } from '../../../src/watcher/source.js';
import { writeFiles } from '../../world/tree.js';
import { listingOf, MD5 } from './listing-pages.js';
import { mirrored, scanned } from './scan-fixture.js';

const likelySmall = true;

describe('a scan that is likely small', () => {
  it('P1: finds in the calling thread what a thread of its own finds', async () => {
    const { root, request } = await mirrored(['a', 'b/c', 'b/d', 'e/f', 'z']);
    rmSync(join(root, 'a'));
    rmSync(join(root, 'e'), { recursive: true });
    writeFileSync(join(root, 'b/c'), 'other content');
    writeFiles(
      root,
      Array.from({ length: 20 }, (_, at) => `new/${at}`),
    );
    symlinkSync('z', join(root, 'link'));
    for (const batchFiles of [0, 512]) {
      for (const listing of [undefined, ['a', 'b/d', 'foreign', 'z']]) {
        const listed = () => (listing === undefined ? {} : { listing: listingOf(listing) });
        const inThread = await scanned(request({ batchFiles }), listed());
        const here = await scanned(request({ batchFiles }), { ...listed(), likelySmall });
        expect(inThread.items.length).toBeGreaterThan(5);
        expect(here.items).toEqual(inThread.items);
      }
    }
  });

  it('goes on in a thread when there are many names, with each page of the listing once', async () => {
    const { root, request } = await mirrored(['a']);
    writeFiles(
      root,
      Array.from({ length: 3_000 }, (_, at) => `d${at % 10}/${at}`),
    );
    const names = Array.from({ length: 50 }, (_, page) =>
      Array.from({ length: 10 }, (_, at) => `x${String(page * 10 + at).padStart(5, '0')}`),
    );
    let read = 0;
    async function* counted(): AsyncGenerator<RemotePage> {
      for await (const page of listingOf(...names)) {
        read += 1;
        yield page;
      }
    }
    const inThread = await scanned(request(), { listing: listingOf(...names) });
    const here = await scanned(request(), { listing: counted(), likelySmall });
    expect(read).toBe(names.length);
    expect(here.findings).toHaveLength(3_502);
    expect(here.items).toEqual(inThread.items);
  });

  it('P4: rejects as one in a thread does', async () => {
    const { root, request } = await mirrored(['a', 'b']);
    const refused = new Error('refused');
    await expect(
      scanned(request(), { listing: listingOf(['a'], refused), likelySmall }),
    ).rejects.toBe(refused);
    const unordered = { listing: listingOf(['b', 'a']), likelySmall };
    await expect(scanned(request(), unordered)).rejects.toThrow(
      /the scan of .* failed, so nothing is deleted because of it: the listing is not in the order/,
    );
    rmSync(root, { recursive: true });
    await expect(scanned(request(), { likelySmall })).rejects.toThrow(SourceMissingError);
  });

  it('ends as soon as its signal is aborted, and closes the listing', async () => {
    const { request } = await mirrored(['a']);
    const controller = new AbortController();
    const enough = new Error('enough');
    let isClosed = false;
    async function* listing(): AsyncGenerator<RemotePage> {
      try {
        yield pageOf([['a', { size: 1, md5: MD5, inspected: true }]], true);
        controller.abort(enough);
        yield pageOf([], true);
      } finally {
        isClosed = true;
      }
    }
    const options = { listing: listing(), likelySmall, signal: controller.signal };
    await expect(scanned(request(), options)).rejects.toBe(enough);
    await expect.poll(() => isClosed).toBe(true);
  });
});
