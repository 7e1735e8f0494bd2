import type { DayKind, MirrorSummary, ShownState } from './api.js';

/** A state has a shape, a word and a colour, so that none of them is needed to see which one it is. */
export interface Shown {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: Tone;
  /** The larger, the worse. */
  readonly rank: number;
}

export type Tone = 'ok' | 'warn' | 'bad' | 'held' | 'stop';

export type IconName =
  | 'ok'
  | 'behind'
  | 'held'
  | 'down'
  | 'degraded'
  | 'paused'
  | 'start'
  | 'quar'
  | 'diff'
  | 'up'
  | 'copy'
  | 'trash'
  | 'meta'
  | 'event'
  | 'eye'
  | 'fork'
  | 'x'
  | 'chev'
  | 'theme';

const shown = (word: string, icon: IconName, tone: Tone, rank: number): Shown => ({
  word,
  icon,
  tone,
  rank,
});

const IN_SYNC = shown('In sync', 'ok', 'ok', 0);
const STARTING = shown('Starting', 'start', 'stop', 2);
const BEHIND = shown('Behind', 'behind', 'warn', 5);
const HELD = shown('Deletes held', 'held', 'held', 9);

const STATES: Readonly<Record<ShownState, Shown>> = {
  'in-sync': IN_SYNC,
  scanning: IN_SYNC,
  transferring: IN_SYNC,
  starting: STARTING,
  stopped: shown('Stopped', 'start', 'stop', 2),
  paused: shown('Paused', 'paused', 'stop', 3),
  failing: shown('Quarantined', 'quar', 'warn', 4),
  degraded: shown('Watch degraded', 'degraded', 'warn', 4),
  behind: BEHIND,
  'target-full': shown('Target full', 'down', 'bad', 8),
  'target-down': shown('Target down', 'down', 'bad', 8),
  'target-changed': shown('Target changed', 'diff', 'bad', 9),
  'target-denied': shown('Target refuses', 'down', 'bad', 9),
  'lease-lost': shown('Lease lost', 'down', 'bad', 8),
  'target-held': shown('Held by another machine', 'down', 'bad', 9),
  held: HELD,
  'deletes-held': HELD,
  'source-missing': shown('Source missing', 'down', 'bad', 10),
  'source-changed': shown('Source changed', 'diff', 'bad', 10),
  'state-unavailable': shown('State unavailable', 'down', 'bad', 11),
};

/** A state that this version does not know is shown under its own name. */
function ofState(state: string): Shown {
  return Object.hasOwn(STATES, state)
    ? STATES[state as ShownState]
    : shown(state, 'start', 'stop', 1);
}

/** How a mirror is shown: what is held or too old stands above a state that only says what it does just now. */
export function shownOf(mirror: MirrorSummary): Shown {
  const own = ofState(mirror.state);
  if (mirror.held > 0 && own.rank < HELD.rank) return HELD;
  if (own.rank > 0) return own;
  if (mirror.lagSeconds === null) return STARTING;
  const target = mirror.lagTargetSeconds ?? null;
  return target !== null && mirror.lagSeconds > target ? BEHIND : own;
}

/** Worst first, then by name. */
export function worstFirst(mirrors: readonly MirrorSummary[]): readonly MirrorSummary[] {
  return [...mirrors].sort(
    (a, b) => shownOf(b).rank - shownOf(a).rank || (a.mirror < b.mirror ? -1 : 1),
  );
}

const KINDS: Readonly<Record<string, Shown>> = {
  held: HELD,
  'target-down': STATES['target-down'],
  behind: BEHIND,
  watch: STATES.degraded,
  excluded: shown('More is excluded', 'degraded', 'warn', 1),
  source: shown('Source missing or changed', 'down', 'bad', 10),
  lease: shown('Held by another machine', 'down', 'bad', 9),
  state: STATES['state-unavailable'],
  quarantined: STATES.failing,
  configuration: shown('Differs from disk', 'diff', 'warn', 1),
  notification: shown('Notification fails', 'degraded', 'warn', 1),
};

/** How an item of what needs attention is shown. */
export function shownKind(kind: string): Shown {
  return KINDS[kind] ?? ofState(kind);
}

/** A day of the 90-day bar: height and colour say the same. Heights are of 22. */
export const DAYS: Readonly<
  Record<
    DayKind | 'none',
    { readonly fill: string; readonly height: number; readonly text: string }
  >
> = {
  within: { fill: 'f-ok', height: 20, text: 'within target all day' },
  degraded: { fill: 'f-warn', height: 14, text: 'degraded for a part of the day' },
  held: { fill: 'f-held', height: 14, text: 'deletes held for a part of the day' },
  behind: { fill: 'f-bad', height: 8, text: 'behind its target or down for a part of the day' },
  stopped: { fill: 'f-stop', height: 20, text: 'longshore did not run' },
  none: { fill: 'f-none', height: 2, text: 'the mirror did not exist yet' },
};
