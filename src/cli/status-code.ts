import type { MirrorState, MirrorStatus } from '../sync/events.js';
import { EXIT } from './exit.js';

/** What a state says to a script. A new state does not compile until it has a row here. */
const CODE_OF: Readonly<Record<MirrorState, number>> = {
  starting: EXIT.OK,
  scanning: EXIT.OK,
  transferring: EXIT.OK,
  'in-sync': EXIT.OK,
  behind: EXIT.BEHIND,
  held: EXIT.HELD,
  failing: EXIT.INCOMPLETE,
  degraded: EXIT.INCOMPLETE,
  paused: EXIT.OK,
  'source-missing': EXIT.FAILED,
  'source-changed': EXIT.FAILED,
  'target-down': EXIT.FAILED,
  'target-changed': EXIT.TARGET_REFUSES,
  'target-denied': EXIT.TARGET_REFUSES,
  'target-full': EXIT.TARGET_REFUSES,
  'lease-lost': EXIT.TARGET_REFUSES,
  'target-held': EXIT.FAILED,
  'state-unavailable': EXIT.FAILED,
};

/** The worst first. */
const ORDER: readonly number[] = [
  EXIT.FAILED,
  EXIT.TARGET_REFUSES,
  EXIT.INCOMPLETE,
  EXIT.HELD,
  EXIT.WORK_DUE,
  EXIT.BEHIND,
];

/** The exit code of `longshore status --exit-code`: the worst of all mirrors decides. */
export function exitCodeOfStatus(
  mirrors: readonly Pick<MirrorStatus, 'state' | 'verify' | 'heldSinceMs'>[],
): number {
  const codes = mirrors.flatMap(({ state, verify, heldSinceMs }) => [
    CODE_OF[state] ?? EXIT.FAILED, // a state of a newer daemon
    ...(heldSinceMs === null ? [] : [EXIT.HELD]),
    ...((verify?.damagedObjects ?? 0) > 0 ? [EXIT.WORK_DUE] : []),
  ]);
  return ORDER.find((code) => codes.includes(code)) ?? EXIT.OK;
}
