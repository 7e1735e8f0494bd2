import { Worker } from 'node:worker_threads';
import { programFile } from '../../program-files.js';
import { NEVER_ABORTED, onAbort } from '../../signal.js';
import { StorageError, TargetUnavailableError } from '../errors.js';
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
import { toStorageError } from './storage-error.js';

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
  resolve(answer: unknown): void;
  reject(error: unknown): void;
  /** Where its claim is, once it was sent. */
  claim: { readonly claims: Int32Array; readonly index: number } | undefined;
}

const BYTES_PER_CLAIM = 4;

/** Contents that may be on their way at once; further ones wait, as each is in memory twice until it is written. */
const BYTES_UNDER_WAY = 64 * 1024 * 1024;

const PROGRAM = programFile(new URL('./files-worker.js', import.meta.url));

export function createFileThread(settings: WorkerSettings): FileThread {
  const waiting = new Map<number, Waiting>();
  let unsent: Waiting[] = [];
  let bytesUnderWay = 0;
  let lastId = 0;
  let worker: Worker | undefined;
  let closing: Promise<void> | undefined;

  function start(): Worker {
    const started = new Worker(PROGRAM.load(), {
      workerData: settings,
      name: 'longshore-local-files',
      trackUnmanagedFds: false,
      execArgv: [], // a program's own, such as --input-type, may not fit a worker
    });
    started.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) settle(reply);
      if (waiting.size === 0) started.unref();
    });
    const lost = (cause?: unknown) => {
      if (worker !== started) return;
      worker = undefined;
      failAll('the thread that works on the files has ended', cause);
    };
    started.once('error', lost);
    started.once('exit', () => lost());
    return started;
  }

  function failAll(problem: string, cause: unknown): void {
    const error = new TargetUnavailableError(problem, { driver: 'local', retry: 'backoff', cause });
    for (const one of waiting.values()) one.reject(error);
    waiting.clear();
    unsent = [];
    bytesUnderWay = 0;
  }

  function settle(reply: Reply): void {
    const one = waiting.get(reply.id);
    if (one) forget(one);
    if ('answer' in reply) one?.resolve(reply.answer);
    else one?.reject(toStorageError(reply.failure, keyOf(one.request)));
  }

  function forget(one: Waiting): void {
    waiting.delete(one.request.id);
    if (one.claim === undefined) return;
    bytesUnderWay -= lengthOf(one);
    if (unsent.length > 0) setImmediate(send);
  }

  /** All requests of one turn go in one message: a message costs more than the work on a small file. */
  function send(): void {
    let count = 0;
    for (const one of unsent) {
      if (bytesUnderWay > 0 && bytesUnderWay + lengthOf(one) > BYTES_UNDER_WAY) break;
      bytesUnderWay += lengthOf(one);
      count += 1;
    }
    const batch = unsent.splice(0, count);
    if (batch.length === 0) return;
    try {
      worker ??= start();
    } catch (cause) {
      failAll('no thread can be started to work on the files', cause);
      return;
    }
    worker.ref();
    const { message, transfer } = pack(batch);
    worker.postMessage(message, transfer);
  }

  function giveUp(one: Waiting, reason: unknown): void {
    if (one.claim === undefined) unsent = unsent.filter((other) => other !== one);
    else if (Atomics.compareExchange(one.claim.claims, one.claim.index, OPEN, DROPPED) !== OPEN)
      return; // it happens: wait for its end
    forget(one);
    one.reject(reason);
    if (waiting.size === 0) worker?.unref();
  }

  function ask<Name extends OperationName>(
    operation: Name,
    what: Ask<Name>,
    signal: AbortSignal,
    body?: Uint8Array,
  ): Promise<Answer<Name>> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise<unknown>((resolve, reject) => {
      lastId += 1;
      const one: Waiting = {
        request: { id: lastId, operation, ask: what },
        body,
        claim: undefined,
        resolve(answer) {
          unwatch();
          resolve(answer);
        },
        reject(error) {
          unwatch();
          reject(error);
        },
      };
      const unwatch = onAbort(signal, () => giveUp(one, signal.reason));
      waiting.set(lastId, one);
      unsent.push(one);
      if (unsent.length === 1) setImmediate(send);
    }) as Promise<Answer<Name>>;
  }

  async function end(): Promise<void> {
    if (worker === undefined && unsent.length === 0) return; // nothing was ever asked
    await ask('close', undefined, NEVER_ABORTED);
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
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

function lengthOf({ body }: Waiting): number {
  return body?.length ?? 0;
}

function keyOf({ ask }: Omit<Request, 'body'>): string | undefined {
  if (ask === undefined) return undefined;
  if ('order' in ask) return ask.order.key;
  if ('to' in ask) return ask.to.key;
  return 'key' in ask ? ask.key : undefined;
}

/** Contents are copied into one piece of memory, which then changes hands: the caller may need its own for another try. */
function pack(batch: readonly Waiting[]): {
  readonly message: Batch;
  readonly transfer: ArrayBuffer[];
} {
  const claims = new SharedArrayBuffer(batch.length * BYTES_PER_CLAIM);
  const view = new Int32Array(claims);
  const bytes = new Uint8Array(batch.reduce((sum, one) => sum + lengthOf(one), 0));
  const transfer: ArrayBuffer[] = [];
  let end = 0;
  const requests = batch.map((one, index): Request => {
    one.claim = { claims: view, index };
    const { ask } = one.request;
    if (ask !== undefined && 'memory' in ask) transfer.push(ask.memory);
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
