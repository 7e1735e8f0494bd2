import type { MirrorState } from './events.js';

const STATES: Readonly<Record<MirrorState, true>> = {
  starting: true,
  scanning: true,
  transferring: true,
  'in-sync': true,
  behind: true,
  held: true,
  failing: true,
  degraded: true,
  paused: true,
  'source-missing': true,
  'source-changed': true,
  'target-down': true,
  'target-changed': true,
  'target-denied': true,
  'target-full': true,
  'lease-lost': true,
  'target-held': true,
  'state-unavailable': true,
};

/** States in which nothing of a mirror goes out, until a person, another machine or time changes that. */
export const STOPPED_STATES = [
  'source-missing',
  'source-changed',
  'target-down',
  'target-changed',
  'target-denied',
  'target-full',
  'lease-lost',
  'target-held',
  'state-unavailable',
] as const satisfies readonly MirrorState[];

export const MIRROR_STATES = Object.keys(STATES) as readonly MirrorState[];
