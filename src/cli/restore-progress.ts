import type { RestoreSource } from '../restore/restore-context.js';
import type { RestoreEvent } from '../restore/restore-events.js';
import { childController } from '../signal.js';
import type { Io } from './io.js';
import { canShowProgress, openProgress } from './progress.js';

/** How far a restore is, on a terminal. */
export interface RestoreProgress {
  /** For what else goes to stderr: it stands above the line. */
  readonly stderr: Io['stderr'];
  /** Takes the bytes of content that have arrived. */
  readonly onBytes: (bytes: number) => void;
  readonly onEvent: (event: RestoreEvent) => void;
  close(): Promise<void>;
}

/**
 * Shows objects, bytes, rate and time left, by a listing of its own that counts ahead of the restore. Does nothing where stderr
 * is no terminal, or `isWanted` is false.
 */
export function openRestoreProgress(
  label: string,
  { stderr, env, clock }: Pick<Io, 'stderr' | 'env' | 'clock'>,
  isWanted: boolean,
  list: (signal: AbortSignal) => AsyncIterable<RestoreSource>,
  signal: AbortSignal,
): RestoreProgress {
  if (!isWanted || !canShowProgress(stderr, env))
    return { stderr, onBytes: () => {}, onEvent: () => {}, close: async () => {} };
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
  // What goes wrong with the listing, the restore meets too, and reports.
  const counting = countAll(list(controller.signal), listed, show).catch(() => undefined);
  return {
    stderr: display.above,
    onBytes(bytes) {
      done.bytes += bytes;
      show();
    },
    onEvent({ outcome, size }) {
      done.objects += 1;
      if (outcome !== 'restored') done.bytes += size; // those of the others were counted as they came
      show();
    },
    async close() {
      controller.abort(new Error('the restore is over'));
      await counting;
      unlink();
      display.close();
    },
  };
}

async function countAll(
  sources: AsyncIterable<RestoreSource>,
  listed: { objects: number; bytes: number },
  show: () => void,
): Promise<void> {
  for await (const { info } of sources) {
    listed.objects += 1;
    listed.bytes += info.size;
    show();
  }
}
