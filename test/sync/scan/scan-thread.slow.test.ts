import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
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
import { mirrored, scanned } from './scan-fixture.js';

describe('the thread of a scan', () => {
  const many = Object.fromEntries(Array.from({ length: 6000 }, (_, n) => [`d${n % 10}/${n}`, '']));

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
