import {
  ContainerAccessDeniedError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  TargetFullError,
} from '../../drivers/errors.js';
import { LeaseHeldError, LeaseLostError, LeaseUnavailableError } from '../../lease/errors.js';
import { StateError } from '../../state/errors.js';
import { SourceMissingError } from '../../watcher/source.js';
import { TargetDeniedError } from '../denial.js';
import type { MirrorState } from '../events.js';
import { TargetChangedError } from './blank-target.js';
import type { Condition } from './mirror-state.js';

/** The state of a mirror that this error stops. The reason has no part that changes from moment to moment. */
export function conditionOf(error: unknown): Condition {
  return { state: stateAfter(error), why: whyAfter(error) };
}

const DENIED = [
  TargetDeniedError,
  InvalidCredentialsError,
  ContainerAccessDeniedError,
  ObjectAccessDeniedError,
];

function stateAfter(error: unknown): MirrorState {
  if (error instanceof LeaseUnavailableError)
    return DENIED.some((kind) => error.cause instanceof kind) ? 'target-denied' : 'lease-lost';
  if (DENIED.some((kind) => error instanceof kind)) return 'target-denied';
  if (error instanceof TargetFullError) return 'target-full';
  if (error instanceof TargetChangedError) return 'target-changed';
  if (error instanceof SourceMissingError) return 'source-missing';
  if (error instanceof StateError) return 'state-unavailable';
  return error instanceof LeaseHeldError || error instanceof LeaseLostError
    ? 'target-held'
    : 'target-down';
}

function whyAfter(error: unknown): string {
  if (error instanceof LeaseHeldError) return error.why;
  return error instanceof Error ? error.message : String(error);
}
