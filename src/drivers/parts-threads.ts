import { Worker } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { type ProgramFile, programFile } from '../program-files.js';
import { createPartMemory, type PartMemory, type PartSlots } from './part-memory.js';
import { createSlotUse } from './part-slot-use.js';
import type { PartsReport, PartsRequest, PartsWork } from './parts-worker.js';
import type { PartsAnswer, PartsOrder } from './read-parts.js';

/**
 * Two threads that read and hash the files that go in parts, into memory from which these are sent. They start when they are
 * needed, and end, and their memory with them, when they had no file for a while; those without a file do not keep the process
 * alive. A file stays with one thread, so that its parts come in order.
 */
export interface PartsThreads {
  /** @throws ProgramReplacedError, and what Node throws when it cannot start a thread */
  open(order: Omit<PartsOrder, 'slots'>): PartsReading;
  /** Ends all threads; what is still read rejects. */
  close(): void;
}

/** A file that is being read. */
export interface PartsReading {
  /** How many of its parts are handed over at once; undefined: none is, as they are too large, or too many of others are. */
  readonly slots: number | undefined;
  /** The bytes of a part in a slot, which do not change before the slot is wanted again. */
  bytes(slot: number, size: number): Uint8Array;
  /** Asks for one more part, into a slot that is not in use any more: see PartsRequest. It may be called after `close`. */
  want(slot: number | null): void;
  /** The next answer; one call at a time. Rejects when the thread has ended. */
  next(): Promise<PartsAnswer>;
  /** Nothing more is wanted of the file. */
  close(): void;
}

/** A thread hashes as fast as one processor can; more than two mostly wait for the disk. */
const THREADS = 2;
const IDLE_MS = 30_000;
/** A slot of a file that ended so long ago belongs to a request that has failed, which may read it still. */
const LOST_MS = 600_000;

const PROGRAM = programFile(new URL('./parts-worker.js', import.meta.url));

/** `program`: the code of the threads. `mostBytes`: of parts in the memory of each; default: see part-memory.ts. */
export function createPartsThreads(
  program: ProgramFile = PROGRAM,
  mostBytes?: number,
): PartsThreads {
  const threads = new Set<Thread>();
  let files = 0;

  /** The one with the fewest files, or a new one while there may be more. */
  function threadFor(): Thread {
    for (const thread of threads) if (thread.hasLost()) retire(thread);
    const [best] = [...threads].sort((a, b) => a.files - b.files);
    if (best !== undefined && (best.files === 0 || threads.size >= THREADS)) return best;
    const thread = startThread(program.load(), mostBytes, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  }

  /** It ends with its last file, and the memory when nothing reads it any more. */
  function retire(thread: Thread): void {
    threads.delete(thread);
    thread.retire();
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
  open(file: number, order: Omit<PartsOrder, 'slots'>): PartsReading;
  /** Whether some of its memory is lost: see LOST_MS. */
  hasLost(): boolean;
  /** It ends when it has no file any more. */
  retire(): void;
  end(): void;
}

/** What is known of one file in the main thread. */
interface Inbox {
  put(answer: PartsAnswer): void;
  fail(error: Error): void;
  take(): Promise<PartsAnswer>;
  isEmpty(): boolean;
}

/** `ended` is called once the thread takes no file any more. */
function startThread(url: URL, mostBytes: number | undefined, ended: () => void): Thread {
  const parts = memoryForParts(mostBytes);
  const worker = new Worker(url, {
    name: 'longshore-parts',
    workerData: { memory: parts?.memory } satisfies PartsWork,
    execArgv: [], // a program's own, such as --input-type, may not fit a worker
  });
  const inboxes = new Map<number, Inbox>();
  const slotUse = createSlotUse(systemClock);
  let trouble: unknown;
  let isRetired = false;
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

  function post(request: PartsRequest): void {
    worker.postMessage(request);
  }

  function endWhenIdle(): void {
    if (inboxes.size > 0) return;
    worker.unref();
    if (isRetired) end();
    else stayAwake = systemClock.after(IDLE_MS, end);
  }

  function reading(file: number, inbox: Inbox, slots: PartSlots | undefined): PartsReading {
    const use = slots && slotUse.begin(() => parts?.free(slots));
    return {
      slots: slots?.count,
      bytes(slot, size) {
        if (parts === undefined || slots === undefined) throw new Error('no part is handed over');
        return new Uint8Array(parts.memory.buffer, slots.begin + slot * slots.bytes, size);
      },
      want(slot) {
        if (slot !== null) use?.release(slot);
        if (inboxes.has(file)) post({ file, kind: 'part', slot });
      },
      async next() {
        if (inbox.isEmpty()) post({ file, kind: 'now' });
        const answer = await inbox.take();
        if (answer.kind === 'part' && answer.slot !== undefined) use?.take(answer.slot);
        return answer;
      },
      close() {
        if (!inboxes.delete(file)) return;
        use?.end();
        post({ file, kind: 'close' });
        endWhenIdle();
      },
    };
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
      const slots = parts?.reserve(order.partSize, order.version.size);
      post({ file, kind: 'open', order: { ...order, slots } });
      return reading(file, inbox, slots);
    },
    hasLost: () => slotUse.hasLost(LOST_MS),
    retire() {
      isRetired = true;
      endWhenIdle();
    },
    end,
  };
}

/** Undefined: there is none. Parts are read again then as they are sent. */
function memoryForParts(mostBytes: number | undefined): PartMemory | undefined {
  try {
    return createPartMemory(mostBytes);
  } catch {
    return undefined;
  }
}

function createInbox(): Inbox {
  const answers: PartsAnswer[] = [];
  let failure: Error | undefined;
  let waiting: { resolve(answer: PartsAnswer): void; reject(error: Error): void } | undefined;
  return {
    isEmpty: () => answers.length === 0,
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
