import { parentPort, Worker } from 'node:worker_threads';
import type { ProgramFile } from './program-files.js';
import { noteHanging } from './silent-source.js';

/** A few threads of one program that answer questions. They start when they are needed. */
export interface ThreadPool<Question, Answer> {
  /**
   * The thread with the fewest users, or a new one while there may be more.
   * @throws ProgramReplacedError, and what Node throws when it cannot start a thread
   */
  enter(): PooledThread<Question, Answer>;
  /** Ends all threads; what they have not answered rejects. */
  close(): Promise<void>;
}

/** A thread of a pool, for one user. */
export interface PooledThread<Question, Answer> {
  /** `moved`: memory that changes threads uncopied, so that it is lost here. Rejects when the thread has ended. */
  ask(question: Question, moved: readonly ArrayBuffer[]): Promise<Answer>;
  /** To be called once, when this user asks nothing more. */
  leave(): void;
}

export interface ThreadPoolOptions {
  /** For process listings and error messages. */
  readonly name: string;
  readonly program: ProgramFile;
  readonly threads: number;
  /** Users that a thread has before there is another one. */
  readonly busy: number;
  /** See WorkerOptions. */
  readonly workerData?: unknown;
}

interface Asked<Question> {
  readonly id: number;
  readonly question: Question;
}

interface Answered<Answer> {
  readonly id: number;
  readonly answer: Answer;
}

export function createThreadPool<Question, Answer>(
  options: ThreadPoolOptions,
): ThreadPool<Question, Answer> {
  const threads = new Set<Thread<Question, Answer>>();

  function threadFor(): Thread<Question, Answer> {
    const [best] = [...threads].sort((a, b) => a.users - b.users);
    if (best !== undefined && (best.users < options.busy || threads.size >= options.threads))
      return best;
    const thread = startThread<Question, Answer>(options, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  }

  return {
    enter() {
      const thread = threadFor();
      thread.users += 1;
      return {
        ask: thread.ask,
        leave() {
          thread.users -= 1;
        },
      };
    },
    async close() {
      await Promise.all([...threads].map(({ end }) => end()));
    },
  };
}

interface Thread<Question, Answer> {
  users: number;
  readonly ask: PooledThread<Question, Answer>['ask'];
  readonly end: () => Promise<unknown>;
}

/** `ended` is called once the thread takes no question any more. */
function startThread<Question, Answer>(
  { name, program, workerData }: ThreadPoolOptions,
  ended: () => void,
): Thread<Question, Answer> {
  const worker = new Worker(program.load(), {
    name,
    workerData,
    execArgv: [], // a program's own, such as --input-type, may not fit a worker
  });
  const waiting = new Map<number, Waiting<Answer>>();
  let questions = 0;
  let trouble: unknown;
  let isOver = false;
  const endedError = () => new Error(`the thread ${name} has ended`, { cause: trouble });
  worker.on('message', ({ id, answer }: Answered<Answer>) => {
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  worker.on('error', (error) => {
    trouble = error; // 'exit' follows
  });
  worker.on('exit', () => {
    isOver = true;
    ended();
    for (const { reject } of waiting.values()) reject(endedError());
    waiting.clear();
  });
  return {
    users: 0,
    ask(question, moved) {
      if (isOver) return Promise.reject(endedError());
      questions += 1;
      const id = questions;
      worker.postMessage({ id, question } satisfies Asked<Question>, moved);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
      });
    },
    end() {
      const ended = worker.terminate();
      noteHanging(ended);
      return ended;
    },
  };
}

/** What waits for an answer. */
interface Waiting<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/**
 * For the program of a pool's thread: answers each question as it comes. `answer` returns the answer, and memory in it that
 * changes threads uncopied. What it throws ends the thread.
 */
export function answerQuestions<Question, Answer>(
  answer: (question: Question) => readonly [answer: Answer, moved: readonly ArrayBuffer[]],
): void {
  const port = parentPort;
  if (port === null) throw new Error('this program runs as a worker thread only');
  port.on('message', ({ id, question }: Asked<Question>) => {
    const [answered, moved] = answer(question);
    port.postMessage({ id, answer: answered } satisfies Answered<Answer>, moved);
  });
}
