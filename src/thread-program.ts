import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  type WorkerOptions,
  workerData,
} from 'node:worker_threads';
import { programFile } from './program-files.js';

/** How a thread begins: with its work, or, ahead of it, with a port at which the work arrives. */
type Start =
  | { readonly work: unknown }
  | { readonly port: MessagePort; readonly arrived: Int32Array };

const ARRIVED = 0;

/** The program of a thread, which begins with `takeWork`. */
export interface ThreadProgram {
  /** Starts a thread ahead of its work, unless one waits already. It loads its program meanwhile, and does not keep the process alive. */
  prepare(): void;
  /** A thread for `work`: the prepared one, or another. @throws ProgramReplacedError */
  start(work: unknown): Worker;
}

interface Prepared {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly arrived: Int32Array;
}

/**
 * MiB for the young objects of a thread. V8's default is 48, and it takes them; a thread packs and unpacks plain columns, which
 * do not live for long.
 */
const YOUNG_MIB = 12;

/** `given` are those of each of its threads. */
export function threadProgram(url: URL, given: WorkerOptions): ThreadProgram {
  const options = { ...given, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } };
  const file = programFile(url);
  let prepared: Prepared | undefined;

  /** Also of a thread that failed as it started: the one that is started in its place meets the same. */
  function forget(): void {
    prepared?.port.close();
    prepared?.worker.off('error', forget).off('exit', forget);
    prepared = undefined;
  }

  return {
    prepare() {
      if (prepared !== undefined) return;
      const { port1: port, port2 } = new MessageChannel();
      const arrived = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      const worker = new Worker(file.load(), {
        ...options,
        workerData: { port: port2, arrived } satisfies Start,
        transferList: [port2],
      });
      worker.once('error', forget).once('exit', forget);
      // Not before it waits: the end of the process would end it in the loading of a native library, which may not bear that.
      port.once('message', () => {
        worker.unref();
        port.unref();
      });
      prepared = { worker, port, arrived };
    },
    start(work) {
      const url = file.load();
      if (prepared === undefined)
        return new Worker(url, { ...options, workerData: { work } satisfies Start });
      const { worker, port, arrived } = prepared;
      port.postMessage(work);
      Atomics.store(arrived, ARRIVED, 1);
      Atomics.notify(arrived, ARRIVED);
      forget();
      worker.ref();
      return worker;
    },
  };
}

/** For a thread: what it works on. One that was started ahead waits for it. */
export function takeWork<Work>(): Work {
  const start = workerData as Start;
  if ('work' in start) return start.work as Work;
  start.port.postMessage('waits');
  Atomics.wait(start.arrived, ARRIVED, 0);
  const received = receiveMessageOnPort(start.port) as { readonly message: Work } | undefined;
  if (received === undefined) throw new Error('a thread was woken without work');
  return received.message;
}
