import type { Clock } from '../clock.js';

/*
 * Whether LMDB has failed in this process: in a commit, an opening, or a read that no damage explains. Its memory may then
 * be wrong, so nothing enters it any more: the process ends within a second, without LMDB's own clean-up, and the next one
 * goes on from what is durable. In lmdb-js 3.5.6
 * - the message of a failed pwrite is formatted into a buffer that is too small for it (mdb.c, mdb_page_flush);
 * - an opening that fails frees its ExtendedEnv and then uses it (env.cpp, EnvWrap::openEnv and closeEnv);
 * - an opening by a second thread that cannot look for the environment of the first (mdb.c, mdb_env_setup_locks) makes
 *   another one and empties the table of readers: reads of the first then fail with MDB_BAD_RSLOT until the process ends.
 */
/** For each step of the end of a process in which LMDB has failed. */
const STEP_MS = 300;

let failure: Error | undefined;
const listeners = new Set<(error: Error) => void>();

export function noteFailedEnvironment(error: Error): void {
  if (failure !== undefined) return;
  failure = error;
  for (const listen of listeners) listen(error);
}

export function hasFailedEnvironment(): boolean {
  return failure !== undefined;
}

/** To be called before each call that enters LMDB. @throws what `noteFailedEnvironment` was given first */
export function requireSoundEnvironment(): void {
  if (failure !== undefined) throw failure;
}

/** Calls `listen` once, at the first failure. Returns what ends that. */
export function onFailedEnvironment(listen: (error: Error) => void): () => void {
  listeners.add(listen);
  return () => void listeners.delete(listen);
}

/** Waits for a step of the program; after a failure of LMDB, or from one on, for a moment only, and whatever comes of it. */
export async function inTime(step: Promise<unknown>, clock: Clock): Promise<void> {
  let stop: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    const begin = () => {
      stop = clock.after(STEP_MS, resolve);
    };
    if (failure !== undefined) begin();
    else stop = onFailedEnvironment(begin);
  });
  try {
    await Promise.race([step, late]);
  } catch (error) {
    if (failure === undefined) throw error;
  } finally {
    stop();
  }
}
