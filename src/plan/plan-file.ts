import type { JobKind } from '../sync/events.js';
import type { Planned } from '../sync/evidence.js';

/*
 * A plan is a file of JSON lines: a PlanHeader, a PlanLine for each action in the order in which they were found, a PlanEnd.
 * A plan without its end is not whole. It is for this program to execute and for people to read, and not to be edited: the
 * end has the digest of all bytes before it.
 */

/** Of the form of the file. A program refuses a plan with a higher one. */
export const PLAN_VERSION = 1;

export interface PlanHeader {
  readonly longshorePlan: number;
  /** When it was made: ISO 8601, UTC. */
  readonly made: string;
  readonly mirrors: readonly PlannedMirror[];
}

/** The mirror that the actions are for, and what their requests depend on. */
export interface PlannedMirror {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly driver: string;
  /** The provider, as the target's settings name it. */
  readonly profile?: string;
  readonly container: string;
  readonly prefix: string;
  readonly deletes: 'mirror' | 'trash' | 'keep';
  /** Bytes. Larger files are sent in parts. */
  readonly partsAbove: number;
  /** Bytes; null: as few as the provider allows. */
  readonly partSize: number | null;
}

export interface PlanLine extends Planned {
  readonly mirror: string;
  readonly job: JobKind;
  readonly name: string;
  /** For people. */
  readonly why: string;
  /** That an upload sends. */
  readonly bytes: number;
}

export interface PlanEnd {
  readonly end: true;
  readonly actions: number;
  /** Hex SHA-256 of all bytes before this line. */
  readonly sha256: string;
}
