import type { ReplacedObject } from '../../drivers/capabilities.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Confirmed, PutWhere } from '../store/object-store.js';
import type { UploadBatch } from '../upload-batch.js';
import type { MarkedContent } from './books.js';

/**
 * What many small files have in common on their way to the container: all that reads them and talks to the store. As Effects
 * (effects.ts), it knows no index, ledger, guard or retries, so that another process can carry it out.
 */
export interface BatchEffects {
  /**
   * Reads each file that has an order, exactly in the version of its entry (P3), and sends it where its order allows that for
   * its content. Resolves once the provider's digest of each was compared (P2), with an answer for each row of the batch.
   *
   * `mark` is called once, with the files that may be sent, and awaited before the first byte of any goes out (P5); it is not
   * called when none is.
   *
   * Rejects with trouble of the target or the container as a whole, with the reasons of `mark` and `signal`, and, where another
   * process carries it out, when that cannot be had or is not believed. Any of the files may have been sent then.
   */
  send(order: BatchOrder, mark: MarkFiles, signal: AbortSignal): Promise<BatchAnswer>;
}

/** Batches are carried out by other processes. */
export interface RemoteBatchEffects extends BatchEffects {
  /** Whether a process is free for this batch now. To be asked right before `send`. */
  takes(batch: UploadBatch): boolean;
  /**
   * Waits for a process to be free for this batch, for `ms` at the most. Resolves with true when one may be, so that `takes` is to
   * be asked again; with false as soon as none is worth waiting for. Rejects with the signal's reason.
   */
  mayTake(batch: UploadBatch, ms: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Calls the listener, one at a time, with names that a process has sent once more after their batch was answered, so that it may
   * have been late. Not there where that cannot be.
   */
  listen?(sentAgain: (names: readonly ObjectName[]) => void): void;
}

export interface BatchOrder {
  readonly batch: UploadBatch;
  /** For each row of the batch, in its order; undefined: nothing is to be done about this file. */
  readonly files: readonly (FileOrder | undefined)[];
}

/** "Make the object of this file, if its content allows": plain data. */
export interface FileOrder {
  /** A regular file with one name. Its name is that of its object. */
  readonly entry: LocalEntry;
  /**
   * Which content may be sent: `any`, or `ordinary` (see ContentClass) where the guard must be asked about another, or `none`
   * where the file is only compared with `recorded`.
   */
  readonly sends: 'any' | 'ordinary' | 'none';
  /** Hex MD5 of what the object has, of a file that may not have changed: the same content is not sent again. */
  readonly recorded: string | undefined;
  readonly replaces: ReplacedObject;
  /**
   * What the mirror believes to be there. Another process than the mirror's own makes a condition of it, where the provider knows
   * conditions: it may be late, and would overwrite what was sent since.
   */
  readonly where: PutWhere;
}

export type MarkFiles = (files: readonly FileToMark[]) => Promise<void>;

export interface FileToMark {
  /** Of the batch. */
  readonly row: number;
  readonly entry: LocalEntry;
  /** What is known of it before the first byte goes out. */
  readonly content: MarkedContent;
}

export interface BatchAnswer {
  /** For each row of the batch. */
  readonly files: readonly FileAnswer[];
  /** Another process may still be about to send files of this batch: see DispatchedAnswer in scale/dispatcher.ts. */
  readonly changedHands: boolean;
}

export type FileAnswer = SentFile | SameFile | UnsentFile;

/** Its object is confirmed. */
export interface SentFile extends ReadFile {
  readonly state: 'sent';
  readonly confirmed: Confirmed;
}

/** Its content is that of its record: nothing was sent. */
export interface SameFile extends ReadFile {
  readonly state: 'same';
}

interface ReadFile {
  /** With its attributes, where the mirror keeps any and they were read in this process. */
  readonly entry: LocalEntry;
  readonly content: MarkedContent & { readonly md5: string };
  /** Of its attributes, where they were read in another process; see digestOfAttributes. */
  readonly attributesDigest?: string | undefined;
}

/**
 * - `unconfirmed`: it may or may not have been sent.
 * - `conflict`: the provider refused it under its condition (FileOrder.where), as another object is there: of another writer, or
 *   of an earlier request for the same order, whose answer was lost.
 * - Nothing was sent of the others: `changed`: it is not, or not any longer, the version of its entry; `unreadable`: the system
 *   refused to read it; `attributes`: some of its attributes cannot be kept; `other`: its content is not what was recorded, or
 *   looks encrypted or wiped, and its order does not allow to send that; `left`: it was not looked at.
 */
export interface UnsentFile {
  readonly state:
    | 'unconfirmed'
    | 'conflict'
    | 'changed'
    | 'unreadable'
    | 'attributes'
    | 'other'
    | 'left';
}

/** Nothing of the order was begun, and nothing will be: no file was sent. */
export class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
}
