import { PreconditionFailedError, StorageError } from '../drivers/errors.js';
import type { Relation } from './judge.js';
import type { FoundLease } from './lease-object.js';

export interface LeaseHeldDetails {
  /** `offsite:photos/laptop/` */
  readonly place: string;
  readonly found: FoundLease | undefined;
  readonly relation: Relation;
  /** Required silence, and the part of it that remains. Milliseconds; infinite where silence proves nothing. */
  readonly silenceMs: number;
  readonly remainingMs: number;
  /** What an operator can do who needs the lease now and knows that its holder is gone. */
  readonly howToTakeOver: string;
}

/** Another process holds the lease, or may hold it. Nothing was written to the container. */
export class LeaseHeldError extends Error {
  override readonly name = 'LeaseHeldError';
  /** How the holder is related to this process: a lease of our own from before a restart is soon free. */
  readonly relation: Relation;
  /** Milliseconds of further silence after which it can be taken; infinite where silence proves nothing. */
  readonly remainingMs: number;
  /** The holder and the advice, without the remaining time: equal texts mean an unchanged situation. */
  readonly why: string;

  constructor({ place, found, relation, silenceMs, remainingMs, howToTakeOver }: LeaseHeldDetails) {
    const counts = silenceMs < Number.POSITIVE_INFINITY;
    const gone = counts ? `After ${seconds(silenceMs)} of silence it counts as gone` : SILENT;
    const why = `${SITUATION[relation](place, describeHolder(found))} ${gone}`;
    const now = [
      ...(counts ? [`${seconds(remainingMs)} of that are to come`] : []),
      ...lastSign(found),
    ].join('; ');
    super(`${why} (${now}); ${howToTakeOver}`);
    this.relation = relation;
    this.remainingMs = remainingMs;
    this.why = `${why}; ${howToTakeOver}`;
  }
}

/** This process lost the lease: another one took it over after a silence that was too long. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** The lease can neither be renewed nor taken, for a reason that is neither another holder nor an outage of the target. */
export class LeaseUnavailableError extends Error {
  override readonly name = 'LeaseUnavailableError';

  constructor(place: string, cause: Error) {
    super(
      `the lease on ${place} cannot be renewed, and nothing is written without it: ${cause.message}`,
      { cause },
    );
  }
}

/** A worker may not write for its job any more. What it had sent before may have arrived. */
export class JobFencedError extends Error {
  override readonly name = 'JobFencedError';

  constructor(why: string) {
    super(`nothing more is written for this job: ${why}`);
  }
}

const SILENT =
  'It renews its lease only while it writes, so it keeps the place until its process ends, however long it is silent';

const SITUATION: Readonly<Record<Relation, (place: string, holder: string) => string>> = {
  other: (place, holder) =>
    `${place} is mirrored to by ${holder}. Two must not mirror to one place: stop one of them, or give it another prefix.`,
  copy: (place, holder) =>
    `${place} is mirrored to by a copy of this mirror's state: ${holder}. Stop one of the two, or give it an empty state folder and another prefix.`,
  restarted: (place, holder) =>
    `${place} was mirrored to by this mirror before this machine was started, unless that is a copy of it: ${holder}.`,
};

/** `mirror documents on host web1 (pid 17, state /var/lib/longshore), since 2026-…` */
export function describeHolder(found: FoundLease | undefined): string {
  if (found === undefined) return 'no holder';
  if (found.document === undefined)
    return 'a process whose lease this version of longshore cannot read';
  const { mirror, holder, heldSince } = found.document;
  return `mirror ${mirror} on host ${holder.host} (pid ${holder.pid}, state ${holder.stateFolder}), since ${heldSince}`;
}

function lastSign(found: FoundLease | undefined): readonly string[] {
  return found?.document === undefined
    ? []
    : [`its last renewal was at ${found.document.renewedAt} by its own clock`];
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1_000)} s`;
}

/** Whether a write without the condition may succeed: the holder renewed its lease, or the provider does not support the condition. */
export function isRefusedCondition(error: unknown): boolean {
  if (error instanceof PreconditionFailedError) return true;
  return (
    error instanceof StorageError &&
    error.status !== undefined &&
    [400, 409, 412, 501].includes(error.status)
  );
}
