import type { Call } from './call.js';

/** A request that a passage has let begin; what is in it is the passage's own. */
export type Begun = object;

/** Decides when each of many requests may begin, without a promise as long as none has to wait. */
export interface Passage {
  /**
   * The request that may begin now, which must `leave` when it has ended. `full`: none may, before another one has left; never
   * when the caller is `alone`, that is, has none under way. A promise: not before it resolves; it rejects with the reason of
   * the call's signal. Throws when no request may begin any more. `bytes`: of content.
   */
  enter(bytes: number, alone: boolean, call: Call): Begun | 'full' | Promise<Begun | 'full'>;
  /** `error`: why the request failed; undefined: it did not. */
  leave(begun: Begun, error: unknown): void;
}

const BEGUN: Begun = {};

/** Each request may begin at once, until the call is aborted. */
export const OPEN_PASSAGE: Passage = {
  enter(_bytes, _alone, { signal }) {
    signal.throwIfAborted();
    return BEGUN;
  },
  leave() {},
};
