import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import { type FromScan, ScanFailedError, type ScanThreadData, type ToScan } from './scan-messages.js';

/** A thread that scans, seen from outside. */
export interface ScanThread {
  /** The next message, in order. Rejects with ScanFailedError once the thread has ended and no message is left. */
  next(): Promise<FromScan>;
  /** Does nothing once the thread has ended. */
  send(message: ToScan): void;
  /**
   * Resolves when the thread has ended, or after `patienceMs`: one that hangs in a dead network file system is left
   * behind, since nothing can end it, and does not keep the process alive.
   */
  end(patienceMs: number, clock: Clock): Promise<void>;
}

export function startScanThread(data: ScanThreadData): ScanThread {
  const worker = new Worker(new URL('./scan-worker.js', import.meta.url), { workerData: data, name: 'longshore-scan' });
  const arrived: FromScan[] = [];
  let failure: ScanFailedError | undefined;
  let wake = () => {};
  worker.on('message', (message: FromScan) => {
    arrived.push(message);
    wake();
  });
  worker.on('error', (cause) => {
    failure = new ScanFailedError(`the thread that scanned ${data.request.root} failed; nothing is deleted because of it`, { cause });
  });
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      failure ??= new ScanFailedError(
        `the thread that scanned ${data.request.root} ended before the scan did; nothing is deleted because of it`,
      );
      wake();
      resolve();
    });
  });
  return {
    async next() {
      while (true) {
        const message = arrived.shift();
        if (message !== undefined) return message;
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    send: (message) => worker.postMessage(message),
    async end(patienceMs, clock) {
      let cancel = () => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(patienceMs, resolve);
      });
      await Promise.race([ended, late]);
      cancel();
      worker.unref();
    },
  };
}
