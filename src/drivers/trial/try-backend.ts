import type { Clock } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { Call, ObjectRef } from '../call.js';
import type { UploadToken } from '../capabilities.js';
import { absenceReported } from './absence-reported.js';
import { capabilityTrials } from './capability-trials.js';
import { cleanUp } from './clean-up.js';
import { openGround } from './ground.js';
import { listedOnce } from './listed-once.js';
import { namesKept } from './names-kept.js';
import { seenAtOnce } from './seen-at-once.js';
import { stoppedByAbort } from './stopped-by-abort.js';
import { runTrial, type Trial, type TrialResult } from './trial.js';
import { wholeOrNothing } from './whole-or-nothing.js';

export interface TryOptions {
  readonly container: string;
  /** Ends in `/`. Nothing may be below it but what the trials put there: all of it is removed. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Called with each result when its trial ends. */
  readonly report: (result: TrialResult) => void;
  /** Called in the end with what could not be removed, and why. */
  readonly cleaned: (left: readonly string[]) => void;
}

const guarantees: readonly Trial[] = [
  seenAtOnce,
  wholeOrNothing,
  listedOnce,
  namesKept,
  absenceReported,
  stoppedByAbort,
];
/** Milliseconds. Cleaning up continues when the trials were stopped, but ends after this. */
const CLEAN_UP_MS = 60_000;

/**
 * Tries the six guarantees of backend.ts, and the capabilities that the backend claims, on a container that is there
 * already, and cleans up whatever happens. Rejects with the error of the first call that shows that nothing can be
 * tried (no such container, no right to write), when the target is lost on the way, and with the signal's reason.
 */
export async function tryBackend(
  backend: Backend,
  { container, prefix, clock, report, cleaned }: TryOptions,
  call: Call,
): Promise<void> {
  const objects = new Map<string, ObjectRef>();
  const uploads = new Set<UploadToken>();
  const onBegun = {
    object: (ref: ObjectRef) => void objects.set(ref.key, ref),
    upload: (token: UploadToken) => void uploads.add(token),
  };
  const ground = openGround({ backend, clock, call, container, prefix, onBegun });
  await backend.headContainer(container, call);
  try {
    await ground.put('can-write', 'yes');
    for (const trial of guarantees)
      report(await runTrial('guarantee', trial, ground.below(trial.id)));
    for (const trial of capabilityTrials) {
      const { id, title, withoutIt } = trial;
      if (trial.claimed(backend.capabilities, backend.hashType))
        report(await runTrial('capability', trial, ground.below(id)));
      else
        report({
          kind: 'capability',
          id,
          title,
          verdict: 'absent',
          problems: [],
          notes: [],
          meaning: withoutIt,
        });
    }
  } finally {
    const stop = new AbortController();
    const forget = clock.after(CLEAN_UP_MS, () =>
      stop.abort(new Error(`cleaning up took more than ${CLEAN_UP_MS / 1000} s`)),
    );
    cleaned(
      await cleanUp(backend, container, prefix, { objects, uploads }, { signal: stop.signal }),
    );
    forget();
  }
}
