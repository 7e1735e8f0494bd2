import type { Checksum, KeyRange, Precondition } from '../call.js';
import type { ExpectedContent } from '../capabilities.js';
import type { Failure } from './failure.js';
import type { BarePage, WireContainer, WireObject } from './object.js';
import type { About, FileAttributes } from './record.js';

// What the thread of the driver's callers and the thread that works on the files say to each other.

export interface WorkerSettings {
  readonly root: string;
  readonly create: boolean;
  readonly fsync: boolean;
}

export interface ContainerPage {
  readonly containers: readonly WireContainer[];
  readonly next: string | undefined;
}

export interface ObjectPage {
  /** As `writeObjects` gives them. */
  readonly objects: string;
  readonly next: string | undefined;
}

export interface ListOrder {
  readonly container: string;
  readonly prefix: string;
  /** Where the page before ended. */
  readonly after: string | undefined;
  readonly range: KeyRange | undefined;
  readonly size: number;
}

export interface PutOrder {
  readonly container: string;
  readonly key: string;
  readonly about: About;
  /** The part of `about` that is applied to the file. */
  readonly attributes: FileAttributes;
  readonly checksums: readonly Checksum[];
  readonly precondition: Precondition | undefined;
}

/** Objects by columns: one text or array for all of them crosses between threads in the time of one object. */
export interface BatchOrder {
  readonly container: string;
  /** Joined by NUL, which no key has. */
  readonly keys: string;
  /** Joined by spaces. */
  readonly md5s: string;
  /** Joined by line feeds, which JSON has none of. */
  readonly abouts: string;
  /** Joined by spaces; empty: none. */
  readonly mtimes: string;
  /** NO_PERMISSIONS: none. */
  readonly permissions: Int16Array;
  /** Conditions as `conditionText` gives them, joined by NUL; empty: none has one. */
  readonly conditions: string;
  /** Where in `memory` each content is. */
  readonly starts: Float64Array;
  /** SKIPPED: an object that is not to be stored. */
  readonly sizes: Float64Array;
  readonly memory: ArrayBuffer | SharedArrayBuffer;
}

/** Empty: none. No ETag of this driver begins with a star. */
export function conditionText(condition: Precondition | undefined): string {
  if (condition === undefined) return '';
  return 'ifAbsent' in condition ? '*' : condition.ifMatch;
}

/** The reverse of conditionText. */
export function readCondition(text: string): Precondition | undefined {
  if (text === '') return undefined;
  return text === '*' ? { ifAbsent: true } : { ifMatch: text };
}

/** Objects that are read whole, by columns. */
export interface GetOrder {
  readonly container: string;
  /** Joined by NUL. */
  readonly keys: string;
  /** Bytes that each is expected to have. */
  readonly sizes: Float64Array;
}

export interface ReadBatch {
  /** Those that were found, as `writeObjects` gives them. */
  readonly objects: string;
  /** The contents of those that have the expected size, one after the other; there may be more memory behind them. */
  readonly content: ArrayBuffer;
  /** Of the others, their positions, and why. */
  readonly failed: readonly (readonly [number, Failure])[];
}

export const NO_PERMISSIONS = -1;
export const SKIPPED = -1;

export interface Operations {
  listContainers: Operation<
    { readonly after: string | undefined; readonly size: number },
    ContainerPage
  >;
  headContainer: Operation<{ readonly container: string }, WireContainer>;
  createContainer: Operation<{ readonly container: string }, WireContainer>;
  deleteContainer: Operation<{ readonly container: string }, undefined>;
  listObjects: Operation<ListOrder, ObjectPage>;
  listBareObjects: Operation<ListOrder, BarePage>;
  headObject: Operation<{ readonly container: string; readonly key: string }, WireObject>;
  getObjects: Operation<GetOrder, ReadBatch>;
  /** The content travels beside it, as `Request.body`. */
  putBytes: Operation<PutOrder, WireObject>;
  /** Of the objects that were not stored, their positions, and why. */
  putObjects: Operation<BatchOrder, readonly (readonly [number, Failure])[]>;
  beginUpload: Operation<{ readonly upload: number; readonly order: PutOrder }, undefined>;
  /** The memory of the chunk comes back, to be filled again. */
  uploadChunk: Operation<
    { readonly upload: number; readonly memory: ArrayBuffer; readonly length: number },
    ArrayBuffer
  >;
  finishUpload: Operation<{ readonly upload: number }, WireObject>;
  dropUpload: Operation<{ readonly upload: number }, undefined>;
  /** The path of a temporary file, which another thread is to make. */
  beginFile: Operation<{ readonly file: number; readonly order: PutOrder }, string>;
  /** It was made. */
  finishFile: Operation<
    { readonly file: number; readonly inode: bigint; readonly md5: string },
    WireObject
  >;
  dropFile: Operation<{ readonly file: number }, undefined>;
  copyObject: Operation<CopyOrder, WireObject>;
  /** Of the keys that could not be deleted, why. */
  deleteObjects: Operation<
    { readonly container: string; readonly keys: readonly string[] },
    readonly (readonly [string, Failure])[]
  >;
  close: Operation<undefined, undefined>;
}

export interface CopyOrder {
  readonly from: { readonly container: string; readonly key: string };
  readonly expected: ExpectedContent | undefined;
  readonly to: { readonly container: string; readonly key: string };
  readonly replace:
    | {
        readonly about: About;
        readonly attributes: FileAttributes;
        readonly precondition: Precondition | undefined;
      }
    | undefined;
}

interface Operation<Ask, Answer> {
  readonly ask: Ask;
  readonly answer: Answer;
}

export type OperationName = keyof Operations;
export type Ask<Name extends OperationName> = Operations[Name]['ask'];
export type Answer<Name extends OperationName> = Operations[Name]['answer'];

export interface Request<Name extends OperationName = OperationName> {
  readonly id: number;
  readonly operation: Name;
  readonly ask: Ask<Name>;
  /** Where in `Batch.bytes` its content is: start and end. */
  readonly body: readonly [number, number] | undefined;
}

/** The requests of one turn of the caller's event loop. */
export interface Batch {
  readonly requests: readonly Request[];
  /**
   * One 32-bit number a request. Its caller sets OPEN to DROPPED, or the worker sets OPEN to TAKEN before it changes
   * anything: the first of the two decides, so that nothing changes after the caller was rejected.
   */
  readonly claims: SharedArrayBuffer;
  readonly bytes: ArrayBuffer | undefined;
}

export const OPEN = 0;
export const TAKEN = 1;
export const DROPPED = 2;

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: Failure };

/** A request as the worker holds it: to be answered once. */
export interface Ticket {
  /** False when the caller was aborted: then nothing may change, and no answer is expected. */
  take(): boolean;
  readonly dropped: boolean;
  answer(value: unknown, transfer?: ArrayBuffer): void;
  fail(failure: Failure): void;
}

/** What carries out each operation: it answers through the ticket, or throws. */
export type Handlers = {
  readonly [Name in keyof Operations]: (
    ask: Ask<Name>,
    ticket: Ticket,
    body: Uint8Array | undefined,
  ) => void;
};

export type Post = (replies: readonly Reply[], transfer: ArrayBuffer[]) => void;

/** Answers of one turn go in one message. */
export function createTickets(
  post: Post,
): (id: number, claims: Int32Array, index: number) => Ticket {
  let replies: Reply[] = [];
  let transfers: ArrayBuffer[] = [];

  function reply(one: Reply): void {
    replies.push(one);
    if (replies.length === 1) queueMicrotask(send);
  }

  function send(): void {
    const [batch, transfer] = [replies, transfers];
    replies = [];
    transfers = [];
    post(batch, transfer);
  }

  return (id, claims, index) => {
    let open = true;
    const once = (one: Reply): void => {
      if (open) reply(one);
      open = false;
    };
    return {
      take: () => Atomics.compareExchange(claims, index, OPEN, TAKEN) !== DROPPED,
      get dropped() {
        return Atomics.load(claims, index) === DROPPED;
      },
      answer(value, transfer) {
        if (transfer) transfers.push(transfer);
        once({ id, answer: value });
      },
      fail: (failure) => once({ id, failure }),
    };
  };
}
