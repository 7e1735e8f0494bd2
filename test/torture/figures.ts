import type { Failpoint } from '../../src/failpoint.js';

/** What came of it so far, over all worlds. */
export interface Figures {
  /** Daemons that were started and ended by SIGKILL. */
  kills: number;
  /** Daemons that were asked to stop, and did. */
  stops: number;
  quiets: number;
  changes: number;
  faults: number;
  deletes: number;
  /** Objects that were written by workers. */
  byWorkers: number;
  objects: number;
  fullDisks: number;
  losses: number;
  /** Daemons that ended because they met damage in their index. */
  damagesMet: number;
  /** Answers of daemons about their state and lag that were held against the container's history. */
  samples: number;
  /** Approvals, rejections, and rejections that were taken back. */
  decisions: number;
  readonly reached: Set<Failpoint>;
  readonly killedAt: Map<Failpoint, number>;
}

export function noFigures(): Figures {
  const counts = {
    kills: 0,
    stops: 0,
    quiets: 0,
    changes: 0,
    faults: 0,
    deletes: 0,
    byWorkers: 0,
    objects: 0,
    fullDisks: 0,
    losses: 0,
    decisions: 0,
    damagesMet: 0,
    samples: 0,
  };
  return { ...counts, reached: new Set(), killedAt: new Map() };
}
