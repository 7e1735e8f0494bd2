import { Worker } from 'node:worker_threads';
import { type ProgramFile, programFile } from '../program-files.js';
import type { WriteAnswer, WriteRequest } from './restore-worker.js';
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
/** Of a thread that has so many requests, before there is another one. */
const BUSY = 2;

const PROGRAM = programFile(new URL('./restore-worker.js', import.meta.url));

/** `program`: the code of the threads. */
export function createWriteThreads(
  place: SmallFilesPlace,
  program: ProgramFile = PROGRAM,
): WriteThreads {
  const threads = new Set<Thread>();

  /** The one with the fewest requests, or a new one while there may be more. */
  function threadFor(): Thread {
    const [best] = [...threads].sort((a, b) => a.waiting - b.waiting);
    if (best !== undefined && (best.waiting < BUSY || threads.size >= THREADS)) return best;
    const thread = startThread(program.load(), place, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  }

  return {
    look: async (paths) => threadFor().ask({ kind: 'look', paths }, []),
    write: async (batch) => threadFor().ask({ kind: 'write', batch }, [batch.content]),
    async close() {
      await Promise.all([...threads].map((thread) => thread.end()));
    },
  };
}

type Question = WriteRequest extends infer Each
  ? Each extends WriteRequest
    ? Omit<Each, 'id'>
    : never
  : never;

interface Thread {
  /** Requests that it has not answered. */
  readonly waiting: number;
  ask(question: Question, transferred: readonly ArrayBuffer[]): Promise<Uint8Array>;
  end(): Promise<unknown>;
}

interface Waiting {
  resolve(states: Uint8Array): void;
  reject(error: Error): void;
}

/** `ended` is called once the thread takes no request any more. */
function startThread(url: URL, place: SmallFilesPlace, ended: () => void): Thread {
  const worker = new Worker(url, {
    name: 'longshore-restore',
    workerData: place,
    execArgv: [], // a program's own, such as --input-type, may not fit a worker
  });
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  let trouble: unknown;
  worker.on('message', ({ id, states }: WriteAnswer) => {
    waiting.get(id)?.resolve(states);
    waiting.delete(id);
  });
  worker.on('error', (error) => {
    trouble = error; // 'exit' follows
  });
  worker.on('exit', () => {
    ended();
    for (const { reject } of waiting.values())
      reject(new Error('the thread that writes files has ended', { cause: trouble }));
  });
  return {
    get waiting() {
      return waiting.size;
    },
    ask(question, transferred) {
      requests += 1;
      const id = requests;
      worker.postMessage({ id, ...question }, transferred);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
      });
    },
    end: () => worker.terminate(),
  };
}
