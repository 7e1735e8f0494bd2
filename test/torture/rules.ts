import { byContent, type History, type Holding, holdings, type Step } from './history.js';

// What the history of a container must keep, whatever befell the program. Each rule returns what it finds, in words.

/**
 * The container shows only states that the file had, in their order: each content, and each absence, is that of the file
 * after the one that was shown before, or the same.
 */
export function outOfOrder(source: History, container: History): string[] {
  return [...container].flatMap(([name, shown]) => {
    const had: Step[] = [
      { beganMs: -Infinity, endedMs: -Infinity, content: undefined },
      ...(source.get(name) ?? []),
    ];
    let at = 0;
    for (const { content, endedMs } of shown) {
      let next = at;
      while (next < had.length && had[next]?.content !== content) next += 1;
      const match = had[next];
      if (match === undefined || match.beganMs > endedMs) {
        const ever = had.some((step) => step.content === content && step.beganMs <= endedMs);
        const what =
          content === undefined ? 'was deleted while its file was there' : `shows ${content}`;
        const why =
          content === undefined
            ? ''
            : ever
              ? ', which is older than what it showed before'
              : ', which its file never was by then';
        return [`${JSON.stringify(name)} ${what}${why} (at ${Math.round(endedMs)} ms)`];
      }
      at = next;
    }
    return [];
  });
}

/** A content that was written again later is no proof: its file may have been gone in between. */
const HELD_MS = 1_000;

export interface PresenceOptions {
  /** Whether an object of one name cannot be beside one of the other, so that one must go before the other comes. */
  readonly exclude?: (name: string, other: string) => boolean;
}

/**
 * What the source has held for a second, and the container holds, stays in the container under some name for as long as the
 * source has it: also while it is renamed.
 */
export function lostContents(
  source: History,
  container: History,
  { exclude = () => false }: PresenceOptions = {},
): string[] {
  const inContainer = byContent(holdings(container));
  return [...byContent(holdings(source))].flatMap(([content, held]) => {
    const period = onePeriod(held);
    if (!period) return [];
    const shown = inContainer.get(content) ?? [];
    return shown.flatMap(({ name, toMs }) => {
      const isHeld = toMs - period.fromMs >= HELD_MS && toMs < period.toMs;
      const isElsewhere = shown.some((other) => other.fromMs <= toMs && other.toMs > toMs);
      if (!isHeld || isElsewhere) return [];
      const now = held
        .filter((each) => each.fromMs <= toMs && each.toMs >= toMs)
        .map((each) => each.name);
      if (now.some((other) => exclude(name, other))) return [];
      return [
        `${JSON.stringify(name)} had ${content}, which is nowhere from ${Math.round(toMs)} ms on: the source has it as ${JSON.stringify(now)}`,
      ];
    });
  });
}

/** The time in which a content is held without a gap; undefined when there are gaps. */
function onePeriod(
  held: readonly Holding[],
): { readonly fromMs: number; readonly toMs: number } | undefined {
  const [first, ...others] = [...held].sort((a, b) => a.fromMs - b.fromMs);
  if (!first) return undefined;
  let toMs = first.toMs;
  for (const each of others) {
    if (each.fromMs > toMs) return undefined;
    toMs = Math.max(toMs, each.toMs);
  }
  return { fromMs: first.fromMs, toMs };
}

/** What a daemon said of itself, asked and answered at these times. */
export interface Sample {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly isInSync: boolean;
  /** Null: not known. */
  readonly lagSeconds: number | null;
}

export interface ClaimOptions {
  /** How old a change may be before the daemon must be aware of it. */
  readonly settleMs: number;
  /** Names whose objects a daemon may leave unchanged. */
  readonly mayDiffer: (name: string, content: string | undefined) => boolean;
}

/** Lag and state never flatter: a daemon that says `in-sync`, or no lag, has each change that is older than the settle time in the container. */
export function flatteries(
  source: History,
  container: History,
  samples: readonly Sample[],
  { settleMs, mayDiffer }: ClaimOptions,
): string[] {
  return samples.flatMap((sample) => {
    const { askedMs, answeredMs, isInSync, lagSeconds } = sample;
    if (!isInSync && lagSeconds !== 0) return [];
    for (const [name, steps] of source) {
      const last = latest(steps, answeredMs);
      if (!last || last.endedMs > askedMs - settleMs || mayDiffer(name, last.content)) continue;
      if (couldHold(container.get(name) ?? [], last.content, askedMs, answeredMs)) continue;
      const age = Math.round(answeredMs - last.endedMs);
      const claim = isInSync ? 'in-sync' : 'no lag';
      return [
        `${JSON.stringify(name)} is ${last.content ?? 'gone'} for ${age} ms, and not so in the container, while the daemon says ${claim}`,
      ];
    }
    return [];
  });
}

/** The last step that may have been made by then. */
function latest(steps: readonly Step[], atMs: number): Step | undefined {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.beganMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
}

/** Whether a name may have held this at some moment between the two. */
function couldHold(
  steps: readonly Step[],
  content: string | undefined,
  fromMs: number,
  toMs: number,
): boolean {
  if (content === undefined && (steps[0]?.endedMs ?? Infinity) >= fromMs) return true;
  return steps.some(
    (step, at) =>
      step.content === content &&
      step.beganMs <= toMs &&
      (steps[at + 1]?.endedMs ?? Infinity) >= fromMs,
  );
}
