import type { PartsAnswer } from './read-parts.js';

/** What is known of one file in the main thread. */
export interface Inbox {
  readonly path: string;
  put(answer: PartsAnswer): void;
  fail(error: Error): void;
  take(): Promise<PartsAnswer>;
  isEmpty(): boolean;
}

/** `watch`: called when an answer is waited for; returns what is called once it is there. */
export function createInbox(path: string, watch: () => () => void): Inbox {
  const answers: PartsAnswer[] = [];
  let failure: Error | undefined;
  let waiting: { resolve(answer: PartsAnswer): void; reject(error: Error): void } | undefined;
  return {
    path,
    isEmpty: () => answers.length === 0,
    put(answer) {
      if (waiting === undefined) answers.push(answer);
      else waiting.resolve(answer);
      waiting = undefined;
    },
    fail(error) {
      failure = error;
      waiting?.reject(error);
      waiting = undefined;
    },
    take() {
      const answer = answers.shift();
      if (answer !== undefined) return Promise.resolve(answer);
      if (failure !== undefined) return Promise.reject(failure);
      const stop = watch();
      return new Promise<PartsAnswer>((resolve, reject) => {
        waiting = { resolve, reject };
      }).finally(stop);
    },
  };
}
