import { Worker } from 'node:worker_threads';
import { systemClock } from '../../clock.js';
import { type ProgramFile, ProgramReplacedError, programFile } from '../../program-files.js';
import { onAbort, orAborted } from '../../signal.js';
import { StorageError, TargetUnavailableError } from '../errors.js';
import { openGate } from '../gate.js';
import type { TransferAnswer, TransferOrder } from './transfer-file.js';
import type { TransferMessage } from './transfer-worker.js';

/** Threads that copy large files. They are started when they are needed and stay; idle ones do not keep the process alive. */
export interface TransferThreads {
  /** Rejects with the signal's reason when it is aborted, at once: what the thread has made by then it removes itself. */
  transfer(order: TransferOrder, signal: AbortSignal): Promise<TransferAnswer>;
  close(): void;
}

/** A thread hashes as fast as one processor can; more than two mostly wait for the disk. */
const THREADS = 2;

const PROGRAM = programFile(new URL('./transfer-worker.js', import.meta.url));

/** `program`: the code of the threads. */
export function createTransferThreads(program: ProgramFile = PROGRAM): TransferThreads {
  const gate = openGate(systemClock, THREADS);
  const idle = new Set<Worker>();
  const running = new Set<Worker>();
  let closed = false;

  function take(): Worker {
    const [worker = start()] = idle;
    idle.delete(worker);
    running.add(worker);
    worker.ref();
    return worker;
  }

  function takeOr(release: () => void): Worker {
    try {
      return take();
    } catch (cause) {
      release();
      if (cause instanceof ProgramReplacedError) throw cause;
      throw unavailable('no thread can be started to copy the file', cause);
    }
  }

  function start(): Worker {
    const worker = new Worker(program.load(), {
      name: 'longshore-transfer',
      trackUnmanagedFds: false,
      execArgv: [], // a program's own, such as --input-type, may not fit a worker
    });
    worker.on('error', () => undefined); // 'exit' follows
    worker.once('exit', () => {
      idle.delete(worker);
      running.delete(worker);
    });
    return worker;
  }

  /** Calls `release` when the thread can take another transfer, or has ended, or when there is none. */
  function send(message: TransferMessage, release: () => void): Promise<TransferAnswer> {
    return new Promise((resolve, reject) => {
      const worker = takeOr(release);
      const ended = () => {
        release();
        reject(unavailable('the thread that copied the file has ended', trouble));
      };
      let trouble: unknown;
      const failed = (error: unknown) => {
        trouble = error; // 'exit' follows
      };
      worker.once('error', failed);
      worker.once('exit', ended);
      worker.once('message', (answer: TransferAnswer) => {
        worker.off('exit', ended);
        worker.off('error', failed);
        running.delete(worker);
        idle.add(worker);
        worker.unref();
        release();
        resolve(answer);
      });
      worker.postMessage(message);
    });
  }

  return {
    async transfer(order, signal) {
      const release = await gate.enter(signal);
      if (closed) {
        release();
        throw new StorageError('the driver is closed', { driver: 'local' });
      }
      const stop = new SharedArrayBuffer(4);
      const unwatch = onAbort(signal, () => Atomics.store(new Int32Array(stop), 0, 1));
      try {
        return await orAborted(send({ order, stop }, release), signal);
      } finally {
        unwatch();
      }
    },
    close() {
      closed = true;
      // Not awaited: one that hangs in a dead network file system cannot be ended.
      for (const worker of [...idle, ...running]) void worker.terminate();
    },
  };
}

function unavailable(problem: string, cause: unknown): TargetUnavailableError {
  return new TargetUnavailableError(problem, { driver: 'local', retry: 'backoff', cause });
}
