import { systemClock } from '../../src/clock.js';
import { DaemonAnswerError, DaemonNotRunningError } from '../../src/status/client.js';
import { daemonGuardControl } from '../../src/status/held-client.js';

/** A person who from time to time lists what the daemon's guard holds, and approves or rejects it. Meanwhile the daemon may be killed, or hold other objects. */
export interface Person {
  decide(what: 'approve' | 'reject' | 'undo'): Promise<void>;
  /** Decisions that the daemon has confirmed. */
  readonly decisions: number;
}

export function createPerson(stateFolder: string): Person {
  let decisions = 0;
  return {
    async decide(what) {
      const control = daemonGuardControl('documents', {
        stateFolder,
        clock: systemClock,
        signal: AbortSignal.timeout(20_000),
      });
      try {
        if (what === 'undo') await control.undoRejections();
        else {
          const { id } = await control.describe();
          if (id === '') return;
          await control[what](id);
        }
        decisions += 1;
      } catch (error) {
        if (!(error instanceof DaemonNotRunningError || error instanceof DaemonAnswerError))
          throw error;
      }
    },
    get decisions() {
      return decisions;
    },
  };
}
