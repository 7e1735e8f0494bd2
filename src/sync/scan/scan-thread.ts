import type { Clock } from '../../clock.js';
import { threadProgram } from '../../thread-program.js';
import {
  type FromScan,
  ScanFailedError,
  type ScanThreadData,
  type ToScan,
} from './scan-messages.js';

/** A thread that scans, seen from outside. */
export interface ScanThread {
  /** Does nothing once the thread has ended. Memory in `transfer` goes over without being copied, and is gone here. */
  send(message: ToScan, transfer?: readonly ArrayBuffer[]): void;
  /**
   * Resolves when the thread has ended, or after `patienceMs`: one that hangs in a dead network file system is left
   * behind, since nothing can end it, and does not keep the process alive.
   */
  end(patienceMs: number, clock: Clock): Promise<void>;
}

export interface ScanThreadListener {
  message(message: FromScan): void;
  /** The thread has ended, and its last message was neither `ended` nor `failed`. */
  fail(error: ScanFailedError): void;
}

const PROGRAM = threadProgram(new URL('./scan-worker.js', import.meta.url), {
  name: 'longshore-scan',
});

/** Starts the thread of the next scan ahead of it, to load its program meanwhile. */
export function prepareScanThread(): void {
  PROGRAM.prepare();
}

/** @throws ProgramReplacedError */
export function startScanThread(data: ScanThreadData, listener: ScanThreadListener): ScanThread {
  const worker = PROGRAM.start(data);
  let isOver = false;
  worker.on('message', (message: FromScan) => {
    isOver ||= message.kind === 'ended' || message.kind === 'failed';
    listener.message(message);
  });
  const fail = (problem: string, cause?: unknown) => {
    const text = `the thread that scanned ${data.request.root} ${problem}; nothing is deleted because of it`;
    if (!isOver)
      listener.fail(new ScanFailedError(text, cause === undefined ? undefined : { cause }));
    isOver = true;
  };
  worker.on('error', (cause) => fail('failed', cause));
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      fail('ended before the scan did');
      resolve();
    });
  });
  return {
    send: (message, transfer) => worker.postMessage(message, transfer),
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
