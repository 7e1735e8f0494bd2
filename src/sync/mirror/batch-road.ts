import { readUntil } from '../source/read-until.js';
import type { SourceView } from '../source/source-view.js';
import { openBooks } from '../work/books.js';
import { localBatchEffects } from '../work/local-batch-effects.js';
import type { RemoteRoot } from '../work/remote-root.js';
import type { SecondLooks } from '../work/second-looks.js';
import { type BatchAdmission, createBatchAdmission } from './batch-admission.js';
import { createBatchLedger } from './batch-ledger.js';
import { createBatchRunner } from './batch-runner.js';
import type { Findings } from './findings.js';
import type { JobRunner } from './job-runner.js';
import type { MirrorBooks } from './mirror-books.js';
import type { MirrorParts } from './mirror-parts.js';

export interface BatchRoadOptions {
  readonly parts: MirrorParts;
  readonly books: MirrorBooks;
  readonly findings: Findings;
  readonly source: SourceView;
  readonly root: RemoteRoot;
  /** Undefined: no other process works for the mirror. */
  readonly secondLooks: SecondLooks | undefined;
  readonly runner: Pick<JobRunner, 'openJobs' | 'room'>;
  /** Called when a batch begins, and awaited after it was booked. */
  readonly began: () => void;
  readonly ended: () => Promise<void>;
}

/**
 * The main road: new and changed small files of a scan travel many as one unit, with nothing awaited for a single one. All
 * else has jobs of its own (perform.ts), and so has each file of a batch for which something does not go as usual.
 */
export function openBatchRoad(options: BatchRoadOptions): BatchAdmission {
  const { parts, books, findings, source, root, secondLooks, runner, began, ended } = options;
  const { settings, index, reader, queue, clock, log, statAgain, drain, interrupt } = parts;
  const { stats, runs, pending, quarantine, waits, containerTrouble } = books;
  const { store, uploads, orphans, aside } = root;
  const { openJobs, room } = runner;
  const { name: mirror, policy } = settings;
  const ledger = createBatchLedger({
    mirror,
    queue,
    stats,
    runs,
    openJobs,
    room,
    hintRacy: statAgain ? findings.hintRacy : () => {},
    drain,
  });
  const batches = createBatchRunner({
    context: {
      effects: localBatchEffects({ reader: readUntil(reader, drain), store, policy, drain }),
      store,
      books: openBooks({ index, uploads, orphans, aside }),
      index,
      policy,
      drain,
    },
    remote: parts.remote && secondLooks?.remembering(parts.remote),
    checks: { quarantine, waits, room, uploads, source },
    ledger,
    stats,
    clock,
    runs,
    containerTrouble,
    interrupt,
  });
  return createBatchAdmission({
    mirror,
    queue,
    admission: findings.admission,
    runner: {
      ...batches,
      async run(...batch) {
        began();
        const error = await batches.run(...batch);
        if (error !== undefined) log.debug('batch failed', { mirror, error });
        await ended();
        return error;
      },
    },
    index,
    pending,
    whereabouts: findings.whereabouts,
  });
}
