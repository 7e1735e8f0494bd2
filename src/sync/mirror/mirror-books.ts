import type { DueRun } from '../run.js';
import { createScansDue, type ScansDue } from '../scan/scans-due.js';
import { createPending, type Pending } from '../work/pending.js';
import { openQuarantine, type Quarantine } from '../work/quarantine.js';
import { createWaits, type Waits } from '../work/waits.js';
import { type ContainerTrouble, createContainerTrouble } from './container-trouble.js';
import type { MirrorParts } from './mirror-parts.js';
import { createMirrorStats, type MirrorStats } from './mirror-stats.js';
import { createMissedWork, type MissedWork } from './missed-work.js';
import { createRuns, type Runs } from './runs.js';
import { createSeenSource, type SeenSource } from './seen-source.js';

/** What a mirror remembers of its work while it lives. None of these knows another. */
export interface MirrorBooks {
  readonly stats: MirrorStats;
  readonly seenSource: SeenSource;
  readonly runs: Runs;
  /** Objects whose work is not durable yet, whichever run or hint asked for it. */
  readonly pending: Pending;
  readonly quarantine: Quarantine;
  readonly missed: MissedWork;
  readonly containerTrouble: ContainerTrouble;
  readonly scansDue: ScansDue;
  /** Scans that are under way. */
  readonly scans: Set<DueRun>;
  /** Retries that wait for their time. */
  readonly waits: Waits;
}

export function openMirrorBooks(
  parts: Pick<MirrorParts, 'settings' | 'ledger' | 'clock' | 'log' | 'observe' | 'drain'>,
): MirrorBooks {
  const { settings, ledger, clock, log, observe, drain } = parts;
  return {
    stats: createMirrorStats(settings.name, clock, observe),
    seenSource: createSeenSource(),
    runs: createRuns(clock),
    pending: createPending(),
    quarantine: openQuarantine(ledger, clock, log),
    missed: createMissedWork(),
    containerTrouble: createContainerTrouble(),
    scansDue: createScansDue(clock),
    scans: new Set(),
    waits: createWaits(clock, drain),
  };
}
