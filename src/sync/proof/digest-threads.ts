import { type ProgramFile, programFile } from '../../program-files.js';
import { createThreadPool, type PooledThread, type ThreadPool } from '../../thread-pool.js';
import type { DigestPlan } from '../store/planned-digest.js';
import { type Blocks, openBlocks } from './blocks.js';
import type { DigestAnswer, DigestQuestion } from './digest-worker.js';

/** Two threads that hash contents, in bounded memory. They start when they are needed. */
export interface DigestThreads {
  /**
   * A content that arrives in chunks; it stays with one thread.
   * @throws ProgramReplacedError, and what Node throws when it cannot start a thread
   */
  open(plan: DigestPlan): ThreadedDigest;
  /**
   * Hex MD5s of contents of these sizes, which lie one after the other in the memory. The memory changes threads uncopied, so
   * that it is lost here. Rejects as `open` throws, and when the thread has ended.
   */
  md5sOf(memory: ArrayBuffer, sizes: readonly number[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The digest of a content, elsewhere than in this thread. */
export interface ThreadedDigest {
  /**
   * Copies the bytes. A promise: nothing more may be given before it resolves, as there is no memory for it now. Throws and
   * rejects when the thread has ended.
   */
  update(chunk: Uint8Array): Promise<void> | undefined;
  /** Once, at the end: see PlannedDigest. Rejects when the thread has ended. */
  finish(): Promise<readonly string[]>;
  /** To be called once, when nothing more is wanted, after `finish` as well. */
  close(): void;
}

/** One hashes as fast as one processor can; this thread has the network. */
const THREADS = 2;
/** A message costs some microseconds, and the MD5 of so many bytes a millisecond. */
const BLOCK_BYTES = 512 * 1024;
/** At least one for each content that arrives at the same time. */
const MOST_BLOCKS = 48;

const PROGRAM = programFile(new URL('./digest-worker.js', import.meta.url));

/** `program`: the code of the threads. */
export function createDigestThreads(program: ProgramFile = PROGRAM): DigestThreads {
  const pool: ThreadPool<DigestQuestion, DigestAnswer> = createThreadPool({
    name: 'longshore-digest',
    program,
    threads: THREADS,
    busy: 1,
  });
  const blocks = openBlocks(MOST_BLOCKS, BLOCK_BYTES);
  let contents = 0;
  return {
    open(plan) {
      contents += 1;
      return threadedDigest(pool.enter(), blocks, contents, plan);
    },
    async md5sOf(memory, sizes) {
      contents += 1;
      const thread = pool.enter();
      try {
        const bytes = sizes.reduce((sum, size) => sum + size, 0);
        const whole = { content: contents, plan: { cuts: sizes }, memory, bytes, isLast: true };
        return (await thread.ask(whole, [memory])).digests;
      } finally {
        thread.leave();
      }
    },
    close: () => pool.close(),
  };
}

const NO_BYTES = 0;

function threadedDigest(
  thread: PooledThread<DigestQuestion, DigestAnswer>,
  blocks: Blocks,
  content: number,
  plan: DigestPlan,
): ThreadedDigest {
  let block: ArrayBuffer | undefined;
  let filled = 0;
  let isBegun = false;
  let isOver = false;
  let failure: Error | undefined;

  /** Sends what the block has; the block comes back by itself. */
  async function send(isLast: boolean): Promise<DigestAnswer> {
    const memory = block ?? new ArrayBuffer(NO_BYTES);
    const isBlock = block !== undefined;
    const question = { content, plan: isBegun ? undefined : plan, memory, bytes: filled, isLast };
    block = undefined;
    filled = 0;
    isBegun = true;
    isOver ||= isLast;
    let returned: ArrayBuffer | undefined;
    try {
      const answer = await thread.ask(question, [memory]);
      returned = answer.memory;
      return answer;
    } finally {
      if (isBlock) blocks.give(returned);
    }
  }

  /** Returns how many of the bytes were taken. */
  function fill(into: ArrayBuffer, chunk: Uint8Array): number {
    const taken = chunk.subarray(0, into.byteLength - filled);
    new Uint8Array(into).set(taken, filled);
    filled += taken.byteLength;
    if (filled === into.byteLength)
      send(false).catch((error: Error) => {
        failure = error;
      });
    return taken.byteLength;
  }

  function update(chunk: Uint8Array): Promise<void> | undefined {
    for (let at = 0; at < chunk.byteLength; ) {
      if (failure !== undefined) throw failure;
      if (block === undefined) {
        const next = blocks.take();
        if (next instanceof Promise) {
          const rest = chunk.subarray(at);
          return next.then((free) => goOn(free, rest));
        }
        block = next;
      }
      at += fill(block, chunk.subarray(at));
    }
    return undefined;
  }

  function goOn(free: ArrayBuffer, rest: Uint8Array): Promise<void> | undefined {
    if (!isOver) {
      block = free;
      return update(rest);
    }
    blocks.give(free);
    return undefined;
  }

  return {
    update,
    async finish() {
      if (failure !== undefined) throw failure;
      return (await send(true)).digests;
    },
    close() {
      if (!isOver && isBegun) send(true).catch(() => undefined);
      else if (block !== undefined) blocks.give(block);
      block = undefined;
      isOver = true;
      thread.leave();
    },
  };
}
