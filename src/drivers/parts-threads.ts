import { type ProgramFile, programFile } from '../program-files.js';
import { SILENT_MS, silentFile } from '../silent-source.js';
import { type PartsReading, type PartsThread, startPartsThread } from './parts-thread.js';
import type { PartsOrder } from './read-parts.js';

/**
 * Two threads that read and hash the files that go in parts, into memory from which these are sent. They start when they are
 * needed, and end, and their memory with them, when they had no file for a while; those without a file do not keep the process
 * alive. A file stays with one thread, so that its parts come in order. A thread that a file system does not answer is abandoned
 * with all its files; it ends, and its memory with it, when the call that it waits for does.
 */
export interface PartsThreads {
  /**
   * @throws ProgramReplacedError, what Node throws when it cannot start a thread, and SourceSilentError while as many as there
   * may be were abandoned and have not ended
   */
  open(order: Omit<PartsOrder, 'slots'>): PartsReading;
  /** Ends all threads; what is still read rejects. */
  close(): void;
}

/** A thread hashes as fast as one processor can; more than two mostly wait for the disk. */
const THREADS = 2;

const PROGRAM = programFile(new URL('./parts-worker.js', import.meta.url));

export interface PartsThreadsOptions {
  /** The code of the threads. */
  readonly program?: ProgramFile;
  /** Of parts in the memory of each; default: see part-memory.ts. */
  readonly mostBytes?: number | undefined;
  /** A thread that reads nothing for so long, while that is waited for, is abandoned. Milliseconds. */
  readonly silentMs?: number;
}

export function createPartsThreads({
  program = PROGRAM,
  mostBytes,
  silentMs = SILENT_MS,
}: PartsThreadsOptions = {}): PartsThreads {
  const threads = new Set<PartsThread>();
  const hanging = new Set<PartsThread>();
  let files = 0;

  /** The one with the fewest files, or a new one while there may be more. */
  function threadFor({ path }: Pick<PartsOrder, 'path'>): PartsThread {
    if (hanging.size >= THREADS) throw silentFile(path, silentMs);
    for (const thread of threads) if (thread.hasLost()) retire(thread);
    const [best] = [...threads].sort((a, b) => a.files - b.files);
    if (best !== undefined && (best.files === 0 || threads.size >= THREADS)) return best;
    const thread = startPartsThread(program.load(), {
      mostBytes,
      silentMs,
      closed: () => void threads.delete(thread),
      hangs: () => void hanging.add(thread),
      ended: () => void hanging.delete(thread),
    });
    threads.add(thread);
    return thread;
  }

  /** It ends with its last file, and the memory when nothing reads it any more. */
  function retire(thread: PartsThread): void {
    threads.delete(thread);
    thread.retire();
  }

  return {
    open(order) {
      files += 1;
      return threadFor(order).open(files, order);
    },
    close() {
      for (const thread of threads) thread.end();
    },
  };
}
