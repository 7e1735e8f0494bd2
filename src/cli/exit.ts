import { constants } from 'node:os';
import { ConfigError } from '../config/config-error.js';
import { SecretError } from '../config/secret.js';
import {
  ContainerAccessDeniedError,
  InvalidCredentialsError,
  TargetFullError,
} from '../drivers/errors.js';
import { AttributesUnavailableError } from '../extended-attributes.js';
import { LeaseUnavailableError } from '../lease/errors.js';
import { PlanFileError } from '../plan/read-plan.js';
import { IndexInUseError, StateNewerError } from '../state/errors.js';
import { TargetDeniedError } from '../sync/denial.js';
import type { SkipReason } from '../sync/events.js';
import { PlanOutdatedError } from '../sync/mirror/apply-plan.js';
import { TargetChangedError } from '../sync/mirror/blank-target.js';
import type { StopSignal } from './stop-signal.js';

/** Exit codes; a part of the interface, like option names. systemd restarts after FAILED, not after USAGE. */
export const EXIT = {
  /** In sync; done. */
  OK: 0,
  FAILED: 1,
  /** Wrong usage or configuration: trying again changes nothing. */
  USAGE: 2,
  /** Finished, but some objects failed or were skipped. */
  INCOMPLETE: 3,
  /** Deletes or overwrites wait for an operator's decision. */
  HELD: 4,
  /** A dry run found work, or a plan has actions that are outdated. */
  WORK_DUE: 5,
  /** The target refuses writes: an operator must act there. */
  TARGET_REFUSES: 6,
  /** A mirror works, and is further behind than its max_lag. */
  BEHIND: 7,
} as const;

/** The command line asks for something that does not exist or makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A retry fails again, until a person changes the command, the configuration, the secrets or the program. */
const NEEDS_A_PERSON = [
  UsageError,
  ConfigError,
  SecretError,
  StateNewerError,
  IndexInUseError,
  PlanFileError,
  AttributesUnavailableError,
];

/** A condition of the target that only its operator can end. */
const TARGET_REFUSES = [
  TargetFullError,
  TargetChangedError,
  TargetDeniedError,
  ContainerAccessDeniedError,
  InvalidCredentialsError,
  LeaseUnavailableError,
];

/** The system let this process, or all together, open no more files (EMFILE, ENFILE): that says nothing of what was to be opened. */
function isShortOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' || isShortOfFiles(error.cause);
}

/** The one table from what stopped a command to its exit code. */
export function exitCodeOf(error: unknown): number {
  if (isShortOfFiles(error)) return EXIT.FAILED;
  if (error instanceof PlanOutdatedError) return EXIT.WORK_DUE;
  if (TARGET_REFUSES.some((kind) => error instanceof kind)) return EXIT.TARGET_REFUSES;
  return NEEDS_A_PERSON.some((kind) => error instanceof kind) ? EXIT.USAGE : EXIT.FAILED;
}

/** 128 and the signal's number, as a shell reports a program that a signal ended. */
export function exitCodeOfSignal(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/**
 * Reasons to skip that the configuration or the file system intends: the container is complete. With any other reason
 * the container lacks a part of the source.
 */
const AS_MEANT: ReadonlySet<SkipReason> = new Set([
  'link-skipped',
  'special-file',
  'extraneous',
  'vanished',
]);

export function isAsMeant(reason: SkipReason): boolean {
  return AS_MEANT.has(reason);
}

export interface Outcome {
  /** Of mirrors that could not run at all. */
  readonly errors: readonly Error[];
  readonly incomplete: boolean;
  readonly failed: number;
  /** Skipped for an unintended reason. */
  readonly skipped: number;
  readonly held: number;
  /** In a dry run: more than 0 when the container would have changed. */
  readonly planned: number;
  /** Actions of a plan that were not carried out, as what they rest on has changed. */
  readonly outdated: number;
}

/** The worst that happened decides. */
export function exitCodeOfRun({
  errors,
  incomplete,
  failed,
  skipped,
  held,
  planned,
  outdated,
}: Outcome): number {
  if (errors.length > 0) return Math.min(...errors.map(exitCodeOf)); // FAILED before USAGE: a part may be worth another try
  if (incomplete || failed > 0 || skipped > 0) return EXIT.INCOMPLETE;
  if (held > 0) return EXIT.HELD;
  return planned > 0 || outdated > 0 ? EXIT.WORK_DUE : EXIT.OK;
}
