import { systemClock } from '../../src/clock.js';
import { DaemonAnswerError, DaemonNotRunningError } from '../../src/status/client.js';
import { daemonDesk } from '../../src/status/held-client.js';

/** Somebody who now and then looks at what the daemon's guard holds, and decides. The daemon may be killed meanwhile, or hold something else by then. */
export interface Person {
  decide(what: 'approve' | 'reject' | 'undo'): Promise<void>;
  /** Decisions that the daemon has confirmed. */
  readonly decisions: number;
}

export function createPerson(stateFolder: string): Person {
  let decisions = 0;
  return {
    async decide(what) {
      const desk = daemonDesk('documents', { stateFolder, clock: systemClock, signal: AbortSignal.timeout(20_000) });
      try {
        if (what === 'undo') await desk.undoRejections();
        else {
          const { id } = await desk.describe();
          if (id === '') return;
          await desk[what](id);
        }
        decisions += 1;
      } catch (error) {
        if (!(error instanceof DaemonNotRunningError || error instanceof DaemonAnswerError)) throw error;
      }
    },
    get decisions() {
      return decisions;
    },
  };
}
