import { type ProgramFile, programFile } from '../program-files.js';
import { createThreadPool } from '../thread-pool.js';
import type { WriteAnswer, WriteQuestion } from './restore-worker.js';
import type { WriteBatch } from './write-batch.js';
import type { SmallFilesPlace } from './write-small.js';

/** Threads that write small files. They start when they are needed. */
export interface WriteThreads {
  /** See SmallFiles. Both reject when the thread has ended, and when none can be started. */
  look(paths: string): Promise<Uint8Array>;
  /** The content changes threads uncopied, so that it is lost here. */
  write(batch: WriteBatch): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** While one waits for the disk, the other one hashes and writes. */
const THREADS = 2;
/** Questions of a thread before there is another one. */
const BUSY = 2;

const PROGRAM = programFile(new URL('./restore-worker.js', import.meta.url));

/** `program`: the code of the threads. */
export function createWriteThreads(
  place: SmallFilesPlace,
  program: ProgramFile = PROGRAM,
): WriteThreads {
  const pool = createThreadPool<WriteQuestion, WriteAnswer>({
    name: 'longshore-restore',
    program,
    threads: THREADS,
    busy: BUSY,
    workerData: place,
  });

  async function ask(question: WriteQuestion, moved: readonly ArrayBuffer[]): Promise<WriteAnswer> {
    const thread = pool.enter();
    try {
      return await thread.ask(question, moved);
    } finally {
      thread.leave();
    }
  }

  return {
    look: (paths) => ask({ kind: 'look', paths }, []),
    write: (batch) => ask({ kind: 'write', batch }, [batch.content]),
    close: () => pool.close(),
  };
}
