import { LeaseHeldError, LeaseLostError } from '../lease/errors.js';
import { StateError } from '../state/errors.js';
import { SourceMissingError } from '../watcher/source.js';
import type { MirrorState } from './events.js';
import type { Condition } from './mirror-state.js';

/** What an error that stops a whole mirror says of its state. What changes from moment to moment is left out of the reason. */
export function conditionOf(error: unknown): Condition {
  return { state: stateAfter(error), why: whyAfter(error) };
}

function stateAfter(error: unknown): MirrorState {
  if (error instanceof SourceMissingError) return 'source-missing';
  if (error instanceof StateError) return 'state-unavailable';
  return error instanceof LeaseHeldError || error instanceof LeaseLostError ? 'target-held' : 'target-down';
}

function whyAfter(error: unknown): string {
  if (error instanceof LeaseHeldError) return error.why;
  return error instanceof Error ? error.message : String(error);
}
