import type { Call } from './call.js';
import { ObjectError, UnsupportedOperationError } from './errors.js';
import type { Begun, Passage } from './passage.js';

/** How one of many requests ended: with an error, or as its own kind of request does. */
export type QuickOutcome = object | { readonly error: Error };

/** Begins many requests in their order, as many at a time as a passage lets begin, and collects their outcomes. */
export interface QuickRun<Outcome extends QuickOutcome> {
  /** Resolves when none is under way any more, with the outcome of each; undefined: it was not begun. */
  outcomes(): Promise<readonly (Outcome | undefined)[]>;
  /** To be called once for each request that was begun, also while it is being begun. */
  ended(row: number, outcome: Outcome): void;
}

export interface QuickRunOptions {
  /** Bytes of the content of each. */
  readonly sizes: readonly number[];
  readonly passage: Passage;
  /** Sends the request in this row, which the passage has let begin. It must not throw. */
  readonly begin: (row: number, entered: Begun) => void;
}

/** After an error that is not of its object, no further request is begun. */
export function createQuickRun<Outcome extends QuickOutcome>(
  { sizes, passage, begin }: QuickRunOptions,
  call: Call,
): QuickRun<Outcome> {
  const outcomes = new Array<Outcome | undefined>(sizes.length).fill(undefined);
  const begun = new Array<Begun | undefined>(sizes.length).fill(undefined);
  let underWay = 0;
  let next = 0;
  let isOver = false;
  let isBeginning = false;
  let isWaiting = false;
  let resolve: (all: readonly (Outcome | undefined)[]) => void = () => {};

  function beginNext(entered: Begun): void {
    const row = next;
    next += 1;
    begun[row] = entered;
    underWay += 1;
    begin(row, entered);
  }

  /** `entered` undefined: nothing may begin any more. */
  function goOn(entered: Begun | 'full' | undefined): void {
    isWaiting = false;
    isOver ||= entered === undefined;
    const isIn = entered !== undefined && entered !== 'full';
    if (isIn && isOver) passage.leave(entered, undefined);
    beginAll(isIn && !isOver ? entered : undefined);
  }

  /** Begins what may begin now. One that ends while it is begun starts no second loop. */
  function beginAll(entered?: Begun): void {
    isBeginning = true;
    try {
      if (entered !== undefined) beginNext(entered);
      while (!isOver && !isWaiting && next < sizes.length) {
        const entry = passage.enter(sizes[next] ?? 0, underWay === 0, call);
        if (entry === 'full') break;
        isWaiting = entry instanceof Promise;
        if (entry instanceof Promise) entry.then(goOn, () => goOn(undefined));
        else beginNext(entry);
      }
    } catch {
      isOver = true; // the passage is closed, for which the caller knows the reason
    }
    isBeginning = false;
    if (underWay === 0 && !isWaiting) resolve(outcomes);
  }

  return {
    outcomes: () =>
      new Promise((done) => {
        resolve = done;
        beginAll();
      }),
    ended(row, outcome) {
      const entered = begun[row];
      if (entered === undefined) return;
      begun[row] = undefined;
      underWay -= 1;
      outcomes[row] = outcome;
      const error = errorIn(outcome);
      isOver ||= error !== undefined && !isOfObject(error);
      passage.leave(entered, error);
      if (!isBeginning && !isWaiting) beginAll();
    },
  };
}

function errorIn(outcome: QuickOutcome): Error | undefined {
  return 'error' in outcome ? outcome.error : undefined;
}

function isOfObject(error: Error): boolean {
  return error instanceof ObjectError || error instanceof UnsupportedOperationError;
}
