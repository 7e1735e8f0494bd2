import { Worker } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { type ProgramFile, programFile } from '../program-files.js';
import type { PartsReport, PartsRequest } from './parts-worker.js';
import type { PartsAnswer, PartsOrder } from './read-parts.js';

/**
 * Two threads that read and hash the files that go in parts. They start when they are needed, and end when they had no file
 * for a while; those without a file do not keep the process alive. A file stays with one thread, so that its parts come in order.
 */
export interface PartsThreads {
  /** @throws ProgramReplacedError, and what Node throws when it cannot start a thread */
  open(order: PartsOrder): PartsReading;
  /** Ends all threads; what is still read rejects. */
  close(): void;
}

/** A file that is being read. */
export interface PartsReading {
  /** Asks for one more part: see PartsRequest. */
  want(buffer: ArrayBuffer | null): void;
  /** The next answer; one call at a time. Rejects when the thread has ended. */
  next(): Promise<PartsAnswer>;
  /** Nothing more is wanted of the file. */
  close(): void;
}

/** A thread hashes as fast as one processor can; more than two mostly wait for the disk. */
const THREADS = 2;
const IDLE_MS = 30_000;

const PROGRAM = programFile(new URL('./parts-worker.js', import.meta.url));

/** `program`: the code of the threads. */
export function createPartsThreads(program: ProgramFile = PROGRAM): PartsThreads {
  const threads = new Set<Thread>();
  let files = 0;

  /** The one with the fewest files, or a new one while there may be more. */
  function threadFor(): Thread {
    const [best] = [...threads].sort((a, b) => a.files - b.files);
    if (best !== undefined && (best.files === 0 || threads.size >= THREADS)) return best;
    const thread = startThread(program.load(), () => threads.delete(thread));
    threads.add(thread);
    return thread;
  }

  return {
    open(order) {
      files += 1;
      return threadFor().open(files, order);
    },
    close() {
      for (const thread of threads) thread.end();
    },
  };
}

interface Thread {
  /** How many it has open. */
  readonly files: number;
  open(file: number, order: PartsOrder): PartsReading;
  end(): void;
}

/** What is known of one file in the main thread. */
interface Inbox {
  put(answer: PartsAnswer): void;
  fail(error: Error): void;
  take(): Promise<PartsAnswer>;
}

/** `ended` is called once the thread takes no file any more. */
function startThread(url: URL, ended: () => void): Thread {
  const worker = new Worker(url, {
    name: 'longshore-parts',
    execArgv: [], // a program's own, such as --input-type, may not fit a worker
  });
  const inboxes = new Map<number, Inbox>();
  let trouble: unknown;
  let stayAwake = (): void => {};
  worker.on('message', ({ file, answer }: PartsReport) => inboxes.get(file)?.put(answer));
  worker.on('error', (error) => {
    trouble = error; // 'exit' follows
  });
  worker.on('exit', () => {
    ended();
    for (const inbox of inboxes.values())
      inbox.fail(new Error('the thread that read it has ended', { cause: trouble }));
  });

  /** Not awaited: a thread that hangs in a dead network file system cannot be ended. */
  function end(): void {
    ended();
    worker.unref();
    void worker.terminate();
  }

  function post(request: PartsRequest, transferred: readonly ArrayBuffer[] = []): void {
    worker.postMessage(request, transferred);
  }

  return {
    get files() {
      return inboxes.size;
    },
    open(file, order) {
      const inbox = createInbox();
      inboxes.set(file, inbox);
      stayAwake();
      worker.ref();
      post({ file, kind: 'open', order });
      return {
        want(buffer) {
          if (inboxes.has(file))
            post({ file, kind: 'part', buffer }, buffer === null ? [] : [buffer]);
        },
        next: () => inbox.take(),
        close() {
          if (!inboxes.delete(file)) return;
          post({ file, kind: 'close' });
          if (inboxes.size > 0) return;
          worker.unref();
          stayAwake = systemClock.after(IDLE_MS, end);
        },
      };
    },
    end,
  };
}

function createInbox(): Inbox {
  const answers: PartsAnswer[] = [];
  let failure: Error | undefined;
  let waiting: { resolve(answer: PartsAnswer): void; reject(error: Error): void } | undefined;
  return {
    put(answer) {
      if (waiting === undefined) answers.push(answer);
      else waiting.resolve(answer);
      waiting = undefined;
    },
    fail(error) {
      failure = error;
      waiting?.reject(error);
      waiting = undefined;
    },
    take() {
      const answer = answers.shift();
      if (answer !== undefined) return Promise.resolve(answer);
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
  };
}
