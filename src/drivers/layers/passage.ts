import type { Call } from '../call.js';
import type { Begun, Passage } from '../passage.js';
import type { Operation } from './operations.js';

/** One of many requests on its way through the layers, which note in it what they need when it has ended. */
export interface QuickRequest {
  /** The operation of a backend that does the same with one object. */
  readonly operation: Operation;
  /** Of content, sent or received. */
  readonly bytes: number;
  readonly call: Call;
  /** Whether its caller has no other request under way, whose end would make room for this one. */
  readonly alone: boolean;
  readonly outer: Begun;
  /** As in Invocation. */
  drain?: AbortSignal;
  /** When it was sent, in milliseconds of the monotonic clock. */
  sentAtMs: number;
  /** How often the limit had been lowered when it began. */
  decreases: number;
}

/** What a layer does around one of many requests: the same as `around`, but without a promise where nothing has to wait. */
export interface QuickRule {
  /**
   * Undefined: the layer lets it begin. `full`: not before another one has ended; never when the request is `alone`. A
   * promise: when it resolves. Throws or rejects when the request may not begin.
   */
  enter?(request: QuickRequest): undefined | 'full' | Promise<void>;
  /** It has ended, or a layer further inside did not let it begin. `error`: why. */
  leave?(request: QuickRequest, error: unknown): void;
}

/** The passage of requests of an operation through `outer` and then by these rules, one after the other. */
export function passageBy(
  operation: Operation,
  rules: readonly QuickRule[],
  outer: Passage,
): Passage {
  /** Leaves the rules before this one. */
  function leave(request: QuickRequest, before: number, error: unknown): void {
    for (let at = before - 1; at >= 0; at -= 1) rules[at]?.leave?.(request, error);
    outer.leave(request.outer, error);
  }

  function enter(request: QuickRequest, from: number): ReturnType<Passage['enter']> {
    for (let at = from; at < rules.length; at += 1) {
      const answer = ask(request, at);
      if (answer === 'full') leave(request, at, undefined);
      if (answer === 'full') return answer;
      if (answer !== undefined)
        return answer.then(
          () => enter(request, at + 1),
          (error) => refuse(request, at, error),
        );
    }
    return request;
  }

  function ask(request: QuickRequest, at: number) {
    try {
      return rules[at]?.enter?.(request);
    } catch (error) {
      return refuse(request, at, error);
    }
  }

  function refuse(request: QuickRequest, at: number, error: unknown): never {
    leave(request, at, error);
    throw error;
  }

  const begin = (bytes: number, alone: boolean, call: Call, outer: Begun) =>
    enter({ operation, bytes, call, alone, outer, sentAtMs: 0, decreases: 0 }, 0);

  return {
    enter(bytes, alone, call) {
      const entry = outer.enter(bytes, alone, call);
      if (entry === 'full') return entry;
      if (!(entry instanceof Promise)) return begin(bytes, alone, call, entry);
      return entry.then((entered) =>
        entered === 'full' ? entered : begin(bytes, alone, call, entered),
      );
    },
    leave: (begun, error) => leave(begun as QuickRequest, rules.length, error),
  };
}
