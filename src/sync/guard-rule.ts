/** What a mirror's guard lets pass without asking anybody. */
export interface GuardRule {
  /** Changes within the window above which they are held, however large the mirror is. */
  readonly count: number;
  /** The same as a share of the mirror's objects, from 0 to 1. The smaller of the two counts. */
  readonly share: number;
  /** So many always pass: in a small mirror a share is a handful of files. */
  readonly atLeast: number;
  readonly windowMs: number;
}

/** What the guard counts: objects lost, and objects replaced by content that looks destroyed. */
export type Change = 'delete' | 'overwrite';

export type Changes = { readonly deletes: number; readonly overwrites: number };

/** How many changes may pass within one window in a mirror that began it with so many objects. */
export function limitOf({ count, share, atLeast }: GuardRule, objects: number): number {
  return Math.max(atLeast, Math.min(count, Math.floor(share * objects)));
}

/**
 * Whether `asked` more changes would be too many. `objects` are those known now; what was deleted within the window is
 * added to them, so that the limit does not shrink with every delete that passes.
 */
export function isTooMuch(
  rule: GuardRule,
  recent: Changes,
  objects: number,
  asked: number,
): boolean {
  return recent.deletes + recent.overwrites + asked > limitOf(rule, objects + recent.deletes);
}
