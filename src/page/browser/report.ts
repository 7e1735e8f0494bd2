import { ApiError } from './api-client.js';
import { say } from './store.js';

/** An order fails in words: what the daemon says is shown. */
export async function report(work: () => Promise<string | undefined>): Promise<void> {
  try {
    const done = await work();
    if (done !== undefined) say(done);
  } catch (error) {
    say(error instanceof ApiError ? error.message : 'longshore does not answer: nothing was done');
  }
}
