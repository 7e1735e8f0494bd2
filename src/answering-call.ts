import { systemClock } from './clock.js';
import { NEVER_ABORTED, onAbort } from './signal.js';
import {
  noteHanging,
  SILENT_MS,
  SourceSilentError,
  silentFile,
  watchSilence,
} from './silent-source.js';

export interface AnsweringOptions<T> {
  /** Default: see silent-source.ts. Milliseconds. */
  readonly silentMs?: number;
  /** Aborted: the call is not waited for any more. */
  readonly signal?: AbortSignal;
  /** What becomes of an answer that comes after all. */
  readonly late?: (answer: T) => Promise<void>;
}

/** Each holds one of the 4 threads that Node has for files and for names of hosts. */
const MOST_HANGING = 2;
/** Of this process, as those threads are. */
let hanging = 0;

/**
 * Makes a call on a file, of one of Node's promises. Rejects as that does, with the signal's reason, and with SourceSilentError
 * when the file system does not answer. While some calls hang, others are not begun: they may hang as well, and would leave no
 * thread for anything else.
 */
export async function answeringCall<T>(
  path: string,
  call: () => Promise<T>,
  { silentMs = SILENT_MS, signal = NEVER_ABORTED, late = async () => {} }: AnsweringOptions<T> = {},
): Promise<T> {
  signal.throwIfAborted();
  if (hanging >= MOST_HANGING) throw silentFile(path, silentMs);
  const called = call();
  let end = () => {};
  const inVain = new Promise<never>((_, reject) => {
    const isSilent = () => reject(silentFile(path, silentMs));
    const cancel = watchSilence(systemClock, silentMs, () => 0, isSilent);
    const forget = onAbort(signal, () => reject(signal.reason));
    end = () => {
      cancel();
      forget();
    };
  });
  try {
    return await Promise.race([called, inVain]);
  } catch (error) {
    if (error instanceof SourceSilentError || signal.aborted) giveUp(called.then(late));
    throw error;
  } finally {
    end();
  }
}

function giveUp(call: Promise<unknown>): void {
  const ended = () => {
    hanging -= 1;
  };
  hanging += 1;
  noteHanging(call);
  call.then(ended, ended);
}
