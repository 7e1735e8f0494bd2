import { childController } from '../signal.js';
import type { Io } from './io.js';
import { canShowProgress, openProgress } from './progress.js';

/** How far a command is with the objects of a container, on a terminal. */
export interface ObjectProgress {
  /** For what else goes to stderr: it stands above the line. */
  readonly stderr: Io['stderr'];
  /** Takes bytes of content that are done. */
  readonly onBytes: (bytes: number) => void;
  readonly onObject: () => void;
  /** To be called before stdout, which may be the same terminal, is written to. */
  readonly hide: () => void;
  close(): Promise<void>;
}

export interface ObjectProgressOptions {
  readonly label: string;
  /** False: nothing is shown. */
  readonly isWanted: boolean;
  /**
   * Counts ahead of the command, and calls `counted` for each object, with the bytes of it that are to be done. What it rejects
   * with is ignored, as the command meets that too.
   */
  readonly countAhead: (counted: (bytes: number) => void, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Shows objects, bytes, rate and time left. Does nothing where stderr is no terminal. */
export function openObjectProgress(
  { stderr, env, clock }: Pick<Io, 'stderr' | 'env' | 'clock'>,
  { label, isWanted, countAhead, signal }: ObjectProgressOptions,
): ObjectProgress {
  if (!isWanted || !canShowProgress(stderr, env))
    return { stderr, onBytes: ignore, onObject: ignore, hide: ignore, close: async () => {} };
  const { controller, unlink } = childController(signal);
  const display = openProgress(stderr, clock, { jobs: 'objects', scanned: 'listed' });
  const listed = { objects: 0, bytes: 0 };
  const done = { objects: 0, bytes: 0 };
  const show = () => {
    const jobsDue = Math.max(listed.objects, done.objects);
    const bytesDue = Math.max(listed.bytes, done.bytes);
    const counts = { jobsDue, jobsDone: done.objects, bytesDue, bytesDone: done.bytes };
    const progress = { scanned: listed.objects, ...counts };
    display.observe({ event: 'progress', mirror: label, progress });
  };
  const counted = (bytes: number) => {
    listed.objects += 1;
    listed.bytes += bytes;
    show();
  };
  const counting = countAhead(counted, controller.signal).catch(() => undefined);
  return {
    stderr: display.above,
    onBytes(bytes) {
      done.bytes += bytes;
      show();
    },
    onObject() {
      done.objects += 1;
      show();
    },
    hide: display.hide,
    async close() {
      controller.abort(new Error('the command is over'));
      await counting;
      unlink();
      display.close();
    },
  };
}

function ignore(): void {}
