import type { ObjectName } from '../../state/object-index.js';
import type { Quarantine } from './quarantine.js';
import type { Waits } from './waits.js';

/** Finds quarantined objects that a scan of everything has not found to be due any more. */
export interface QuarantineSurvey {
  /** This quarantined object is due. */
  seen(name: ObjectName): void;
  /** The object has left the quarantine. */
  forget(name: ObjectName): void;
  /** A scan of everything begins. Returns what is to be called when all that the scan found was run. */
  begin(): () => void;
}

/** `release`: makes the object leave the quarantine, and calls `forget`. */
export function createQuarantineSurvey(
  quarantined: Quarantine['all'],
  waits: Pick<Waits, 'has'>,
  release: (name: ObjectName) => void,
): QuarantineSurvey {
  let scanGenerations = 0;
  /** By name: the scan under way when the object was last found to be due. */
  const lastSeenIn = new Map<ObjectName, number>();

  return {
    seen: (name) => void lastSeenIn.set(name, scanGenerations),
    forget: (name) => void lastSeenIn.delete(name),
    begin() {
      scanGenerations += 1;
      const scanGeneration = scanGenerations;
      return () => {
        for (const name of [...quarantined.keys()]) {
          if ((lastSeenIn.get(name) ?? 0) >= scanGeneration || waits.has(name)) continue;
          release(name);
        }
      };
    },
  };
}
