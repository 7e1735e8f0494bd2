import type { Piscina } from 'piscina';
import type { PartsDigest } from '../../parts-digest.js';
import { programFile } from '../../program-files.js';
import { noteHanging } from '../../silent-source.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { ContentClass } from '../content-class.js';
import { FileChangedError, FileUnreadableError } from '../file-errors.js';
import type { UploadBatch } from '../upload-batch.js';
import { type BatchContent, bytesOf } from './batch-content.js';
import { createBatchMemory } from './batch-memory.js';
import { gatherAttributes } from './gather-attributes.js';
import type { ReadFrom } from './in-place.js';
import type { ReadAttributes } from './read-attributes.js';
import { pack, type ReadRequest } from './read-requests.js';
import type { AttributesAnswer, ReadAnswer, ReadBatchAnswer, ReadTask } from './read-worker.js';

/** One version of a file: its content, or only the digest of it when it is large. */
export interface FileContent {
  readonly md5: string;
  /** Where it was asked for. */
  readonly md5Parts?: PartsDigest;
  /** Milliseconds since the epoch, before the first byte was read. */
  readonly hashedAtMs: number;
  readonly looks: ContentClass;
  readonly bytes?: Uint8Array;
}

/**
 * Reads files in threads of its own. All calls reject with FileChangedError when the file is not, before and after,
 * exactly the version that `entry` describes, or is reached by a symbolic link that has taken a folder's place; and with
 * FileUnreadableError when it cannot be read.
 */
export interface FileReader {
  /** The whole content in memory: for small files and links. Requests of the same turn travel together. */
  read(
    absolutePath: string,
    entry: LocalEntry,
  ): Promise<FileContent & { readonly bytes: Uint8Array }>;
  /**
   * The contents of a batch of files, with one message each way. Does not reject for the sake of single files: those
   * have a state of their own.
   */
  readAll(batch: UploadBatch): Promise<BatchContent>;
  /** No thread reads the content of this batch any more: its memory is for another one. Not to be called where that is unsure. */
  release(read: BatchContent): void;
  /** Digests only, of a file of any size: of the whole, and with a `partSize` (bytes) of its parts, in one reading. */
  hash(
    absolutePath: string,
    entry: LocalEntry,
    partSize: number | undefined,
    signal: AbortSignal,
  ): Promise<FileContent>;
  /** What the file looks like by its beginning. */
  look(absolutePath: string, entry: LocalEntry): Promise<ContentClass>;
  /** The extended attributes that the mirror keeps, of a file or folder. */
  attributes(absolutePath: string, entry: LocalEntry): Promise<ReadAttributes>;
  close(): Promise<void>;
}

const BATCH_FILES = 64;
const BATCH_BYTES = 4 * 1024 * 1024;

interface Waiting {
  readonly request: ReadRequest;
  resolve(content: FileContent & { bytes: Uint8Array }): void;
  reject(error: unknown): void;
}

export function openFileReader(from: ReadFrom): FileReader {
  // Two pools, so that the hashing of a large file never keeps small ones waiting.
  const small = lazyPool();
  const large = lazyPool();
  const memories = createBatchMemory();
  let waiting: Waiting[] = [];
  let waitingBytes = 0;

  function flush(): void {
    if (waiting.length === 0) return;
    const batch = waiting;
    waiting = [];
    waitingBytes = 0;
    void readBatch(batch);
  }

  async function readBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const requests = pack(batch.map(({ request }) => request));
      const { answers, content } = await small.run<ReadBatchAnswer>({
        task: 'read',
        requests,
        from,
      });
      batch.forEach(({ request, resolve, reject }, at) => {
        const answer = answers[at];
        if (answer?.outcome === 'read') {
          const { md5, hashedAtMs, looks, offset } = answer;
          resolve({
            md5,
            hashedAtMs,
            looks,
            bytes: new Uint8Array(content, offset, request.expected.size),
          });
        } else reject(failure(request.path, answer));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    read: (path, entry) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ request: requestOf(path, entry), resolve, reject });
        waitingBytes += entry.size;
        if (waiting.length >= BATCH_FILES || waitingBytes >= BATCH_BYTES) flush();
      }),
    readAll(batch) {
      const memory = memories.take(bytesOf(batch));
      return small.run<BatchContent>({ task: 'read-all', batch, memory, from });
    },
    release: ({ content }) => memories.give(content),
    async hash(path, entry, partSize, signal) {
      const answer = await large.run<ReadAnswer>(
        { task: 'hash', request: requestOf(path, entry), partSize, from },
        { signal },
      );
      if (answer.outcome !== 'read') throw failure(path, answer);
      const { md5, md5Parts, hashedAtMs, looks } = answer;
      return { md5, ...(md5Parts !== undefined && { md5Parts }), hashedAtMs, looks };
    },
    async look(path, entry) {
      // Beside the small ones: it must not wait until another large file has been hashed.
      const { answers } = await small.run<ReadBatchAnswer>({
        task: 'look',
        request: requestOf(path, entry),
        from,
      });
      const [answer] = answers;
      if (answer?.outcome !== 'read') throw failure(path, answer);
      return answer.looks;
    },
    attributes: gatherAttributes(
      (requests) => small.run<readonly AttributesAnswer[]>({ task: 'attributes', requests, from }),
      failure,
    ),
    async close() {
      await Promise.all([small.close(), large.close()]);
    },
  };
}

/** A folder has no content: to read one fails as the system does. */
function requestOf(path: string, entry: LocalEntry): ReadRequest {
  return { path, kind: entry.kind === 'symlink' ? 'symlink' : 'file', expected: entry };
}

const PROGRAM = programFile(new URL('./read-worker.js', import.meta.url));

interface LazyPool {
  /** Resolves with the task's answer, whose type read-worker.ts says. */
  run<Answer>(task: ReadTask, options?: { readonly signal: AbortSignal }): Promise<Answer>;
  close(): Promise<void>;
}

/** A thread that starts with the first file, so that a run in which nothing has changed starts none. */
function lazyPool(): LazyPool {
  let pool: Promise<Piscina<ReadTask, unknown>> | undefined;
  const open = async () => {
    const { Piscina: Pool } = await import('piscina');
    const opened = new Pool<ReadTask, unknown>({
      filename: PROGRAM.load().href,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: 5_000,
    });
    opened.on('error', () => {}); // of a thread without work; the next one that has some meets what is the matter
    return opened;
  };
  return {
    async run<Answer>(task: ReadTask, options = {}) {
      PROGRAM.load(); // a thread that was idle has ended, and the next task may start another
      pool ??= open();
      return (await pool).run(task, options) as Promise<Answer>;
    },
    async close() {
      const ended = (await pool)?.destroy();
      if (ended !== undefined) noteHanging(ended);
      await ended;
    },
  };
}

function failure(path: string, answer: ReadAnswer | AttributesAnswer | undefined): Error {
  if (answer?.outcome === 'failed')
    return new FileUnreadableError(path, answer.code, answer.message);
  return new FileChangedError(path);
}
