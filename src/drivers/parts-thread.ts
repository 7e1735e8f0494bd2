import { Worker } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { noteHanging, silentFile, watchSilence } from '../silent-source.js';
import { createPartMemory, type PartMemory, type PartSlots } from './part-memory.js';
import { createSlotUse } from './part-slot-use.js';
import { createInbox, type Inbox } from './parts-inbox.js';
import type { PartsReport, PartsRequest, PartsWork } from './parts-worker.js';
import type { PartsAnswer, PartsOrder } from './read-parts.js';

/** A file that is being read. */
export interface PartsReading {
  /** How many of its parts are handed over at once; undefined: none is, as they are too large, or too many of others are. */
  readonly slots: number | undefined;
  /** The bytes of a part in a slot, which do not change before the slot is wanted again. */
  bytes(slot: number, size: number): Uint8Array;
  /** Asks for one more part, into a slot that is not in use any more: see PartsRequest. It may be called after `close`. */
  want(slot: number | null): void;
  /** The next answer; one call at a time. Rejects when the thread has ended, and with SourceSilentError when it was abandoned. */
  next(): Promise<PartsAnswer>;
  /** Nothing more is wanted of the file. */
  close(): void;
}

const IDLE_MS = 30_000;
/** A slot of a file that ended so long ago belongs to a request that has failed, which may read it still. */
const LOST_MS = 600_000;

/** One of PartsThreads. */
export interface PartsThread {
  /** How many it has open. */
  readonly files: number;
  open(file: number, order: Omit<PartsOrder, 'slots'>): PartsReading;
  /** Whether some of its memory is lost: see LOST_MS. */
  hasLost(): boolean;
  /** It ends when it has no file any more. */
  retire(): void;
  end(): void;
}

interface PartsThreadOptions {
  /** See PartsThreadsOptions. */
  readonly mostBytes: number | undefined;
  readonly silentMs: number;
  /** The thread takes no file any more. */
  closed(): void;
  /** It was abandoned, and has not ended. */
  hangs(): void;
  ended(): void;
}

export function startPartsThread(url: URL, options: PartsThreadOptions): PartsThread {
  const { mostBytes, silentMs } = options;
  const parts = memoryForParts(mostBytes);
  const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = startWorker(url, { memory: parts?.memory, progress });
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
    options.closed();
    options.ended();
    for (const inbox of inboxes.values())
      inbox.fail(new Error('the thread that read it has ended', { cause: trouble }));
  });

  /** Not awaited: a thread that hangs in a dead network file system cannot be ended. */
  function end(): void {
    options.closed();
    worker.unref();
    noteHanging(worker.terminate());
  }

  function giveUp(): void {
    options.hangs();
    for (const inbox of inboxes.values()) inbox.fail(silentFile(inbox.path, silentMs));
    inboxes.clear();
    end();
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
      const inbox = createInbox(order.path, () => watchProgress(progress, silentMs, giveUp));
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

/** To be called only while something is waited for: a thread without work makes no progress. One that starts is not silent. */
function watchProgress(progress: Int32Array, silentMs: number, silent: () => void): () => void {
  let starting = 0;
  return watchSilence(systemClock, silentMs, () => Atomics.load(progress, 0) || --starting, silent);
}

function startWorker(url: URL, workerData: PartsWork): Worker {
  // execArgv: a program's own, such as --input-type, may not fit a worker
  return new Worker(url, { name: 'longshore-parts', workerData, execArgv: [] });
}

/** Undefined: there is none. Parts are read again then as they are sent. */
function memoryForParts(mostBytes: number | undefined): PartMemory | undefined {
  try {
    return createPartMemory(mostBytes);
  } catch {
    return undefined;
  }
}
