import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { NEVER_ABORTED, onAbort } from '../../signal.js';
import { threadProgram } from '../../thread-program.js';
import { StorageError, TargetUnavailableError } from '../errors.js';
import { toStorageError } from './failure.js';
import {
  type Answer,
  type Ask,
  type Batch,
  DROPPED,
  OPEN,
  type OperationName,
  type Reply,
  type Request,
  type WorkerSettings,
} from './protocol.js';

/** The thread that works on the files. It is started by the first request and keeps the process alive only while it has work. */
export interface FileThread {
  /** Rejects with the errors of errors.ts, or with the signal's reason; after that nothing changes any more. */
  ask<Name extends OperationName>(
    operation: Name,
    ask: Ask<Name>,
    signal: AbortSignal,
    body?: Uint8Array,
  ): Promise<Answer<Name>>;
  close(): Promise<void>;
}

interface Waiting {
  readonly request: Omit<Request, 'body'>;
  readonly body: Uint8Array | undefined;
  /** Of content. */
  readonly bytes: number;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
  /** The word of shared memory by which it can be abandoned; undefined until it is sent. */
  claim: { readonly claims: Int32Array; readonly index: number } | undefined;
}

/** Bytes of content under way at most. Further contents wait, as each is in memory twice until it is written. */
const BYTES_UNDER_WAY = 64 * 1024 * 1024;

const PROGRAM = threadProgram(new URL('./files-worker.js', import.meta.url), {
  name: 'longshore-local-files',
  trackUnmanagedFds: false,
  execArgv: [], // a program's own, such as --input-type, may not fit a worker
});

/** Starts the thread of the next target ahead of it, to load its program meanwhile. */
export const prepareFileThread = (): void => PROGRAM.prepare();

export function createFileThread(settings: WorkerSettings): FileThread {
  let worker: Worker | undefined;
  let closing: Promise<void> | undefined;
  const requests = requestQueue(() => setImmediate(send));

  function start(): Worker {
    const started = PROGRAM.start(settings);
    started.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) requests.settle(reply);
      if (requests.isIdle()) started.unref();
    });
    const lost = (cause?: unknown) => {
      if (worker !== started) return;
      worker = undefined;
      requests.failAll('the thread that works on the files has ended', cause);
    };
    started.once('error', lost);
    started.once('exit', () => lost());
    return started;
  }

  /** All requests of one turn go in one message: a message costs more than the work on a small file. */
  function send(): void {
    const batch = requests.takeBatch();
    if (batch.length === 0) return;
    try {
      worker ??= start();
    } catch (cause) {
      requests.failAll('no thread can be started to work on the files', cause);
      return;
    }
    worker.ref();
    const { message, transfer } = pack(batch);
    worker.postMessage(message, transfer);
  }

  function ask<Name extends OperationName>(
    operation: Name,
    what: Ask<Name>,
    signal: AbortSignal,
    body?: Uint8Array,
  ): Promise<Answer<Name>> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise<unknown>((resolve, reject) => {
      const listeners = {
        resolve(answer: unknown) {
          unwatch();
          resolve(answer);
        },
        reject(error: unknown) {
          unwatch();
          reject(error);
        },
      };
      const unwatch = onAbort(signal, () => {
        if (!requests.abandon(request)) return;
        listeners.reject(signal.reason);
        if (requests.isIdle()) worker?.unref();
      });
      const request = requests.add(operation, what, body, listeners);
    }) as Promise<Answer<Name>>;
  }

  async function end(): Promise<void> {
    if (worker === undefined && !requests.hasUnsent()) return; // no request was ever made
    await ask('close', undefined, NEVER_ABORTED);
    const ending = worker;
    worker = undefined;
    ending?.ref(); // not terminated: it may have code to save for the next start
    if (ending !== undefined) await once(ending, 'exit');
  }

  return {
    ask: (...order) =>
      closing === undefined
        ? ask(...order)
        : Promise.reject(new StorageError('the driver is closed', { driver: 'local' })),
    close() {
      closing ??= end();
      return closing;
    },
  };
}

/** The requests that wait to be sent, and those that wait for an answer. `wake` schedules `takeBatch`. */
function requestQueue(wake: () => void) {
  const waiting = new Map<number, Waiting>();
  let unsent: Waiting[] = [];
  let bytesUnderWay = 0;
  let lastId = 0;

  function remove(one: Waiting): void {
    waiting.delete(one.request.id);
    if (one.claim === undefined) return;
    bytesUnderWay -= one.bytes;
    if (unsent.length > 0) wake();
  }

  return {
    isIdle: () => waiting.size === 0,
    hasUnsent: () => unsent.length > 0,

    add(
      operation: OperationName,
      ask: Ask<OperationName>,
      body: Uint8Array | undefined,
      listeners: Pick<Waiting, 'resolve' | 'reject'>,
    ): Waiting {
      lastId += 1;
      const request = { id: lastId, operation, ask };
      const bytes = body?.length ?? memoryIn(ask)?.byteLength ?? 0;
      const one: Waiting = { request, body, bytes, claim: undefined, ...listeners };
      waiting.set(lastId, one);
      unsent.push(one);
      if (unsent.length === 1) wake();
      return one;
    },

    /** The next requests to send: as many as BYTES_UNDER_WAY allows, and at least one if nothing is under way. */
    takeBatch(): readonly Waiting[] {
      let count = 0;
      for (const one of unsent) {
        if (bytesUnderWay > 0 && bytesUnderWay + one.bytes > BYTES_UNDER_WAY) break;
        bytesUnderWay += one.bytes;
        count += 1;
      }
      return unsent.splice(0, count);
    },

    /** Passes an answer to its request, unless that was abandoned. */
    settle(reply: Reply): void {
      const one = waiting.get(reply.id);
      if (one === undefined) return;
      remove(one);
      if ('answer' in reply) one.resolve(reply.answer);
      else one.reject(toStorageError(reply.failure, keyOf(one.request)));
    },

    /** Removes a request, which then changes nothing any more. False: the worker has begun it, so its answer comes. */
    abandon(one: Waiting): boolean {
      if (one.claim === undefined) unsent = unsent.filter((other) => other !== one);
      else if (Atomics.compareExchange(one.claim.claims, one.claim.index, OPEN, DROPPED) !== OPEN)
        return false;
      remove(one);
      return true;
    },

    failAll(problem: string, cause: unknown): void {
      const context = { driver: 'local', retry: 'backoff', cause } as const;
      const error = new TargetUnavailableError(problem, context);
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
      unsent = [];
      bytesUnderWay = 0;
    },
  };
}

/** The memory that goes with a request; an ArrayBuffer has no bytes once it was sent. */
function memoryIn(ask: Ask<OperationName>): ArrayBuffer | SharedArrayBuffer | undefined {
  return ask !== undefined && 'memory' in ask ? ask.memory : undefined;
}

function keyOf({ ask }: Omit<Request, 'body'>): string | undefined {
  if (ask === undefined) return undefined;
  if ('order' in ask) return ask.order.key;
  if ('to' in ask) return ask.to.key;
  return 'key' in ask ? ask.key : undefined;
}

/** Copies the contents into one piece of memory and transfers that: the caller may need its own for another try. */
function pack(batch: readonly Waiting[]): {
  readonly message: Batch;
  readonly transfer: ArrayBuffer[];
} {
  const claims = new SharedArrayBuffer(batch.length * Int32Array.BYTES_PER_ELEMENT);
  const view = new Int32Array(claims);
  const bytes = new Uint8Array(batch.reduce((sum, one) => sum + (one.body?.length ?? 0), 0));
  const transfer: ArrayBuffer[] = [];
  let end = 0;
  const requests = batch.map((one, index): Request => {
    one.claim = { claims: view, index };
    const { ask } = one.request;
    const memory = memoryIn(ask);
    if (memory instanceof ArrayBuffer) transfer.push(memory);
    if (one.body === undefined) return { ...one.request, body: undefined };
    const start = end;
    end += one.body.length;
    bytes.set(one.body, start);
    return { ...one.request, body: [start, end] };
  });
  if (end === 0) return { message: { requests, claims, bytes: undefined }, transfer };
  return {
    message: { requests, claims, bytes: bytes.buffer },
    transfer: [...transfer, bytes.buffer],
  };
}
