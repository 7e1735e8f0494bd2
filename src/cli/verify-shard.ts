import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { forShell } from '../printable.js';
import type { ReadableSnapshot } from '../state/read-snapshot.js';
import { versionOf } from '../sync/proof/prove.js';
import { listRange } from '../sync/shards/list-range.js';
import { planShard, rowsInRange } from '../sync/shards/plan-shard.js';
import { headerOf, type ReportedOutcome } from '../sync/shards/report-format.js';
import { type Shard, shardText } from '../sync/shards/shard.js';
import { chooseByChance, type ReadBackShare } from '../verify/choose-objects.js';
import { inOrder } from '../verify/compare-listing.js';
import type { EvidentVerdict } from '../verify/verify-context.js';
import { EXIT } from './exit.js';
import { openObjectProgress } from './object-progress.js';
import type { PlaceCommand } from './open-place.js';
import { noteLine } from './output.js';
import { withSnapshot } from './placed-cut.js';
import { type DeliveredReports, openShardReports } from './shard-reports.js';
import { aboveProgress, readPlace } from './verify-place.js';
import { openVerifyReport } from './verify-report.js';

export interface ShardCommand {
  readonly shard: Shard;
  readonly share: ReadBackShare;
  readonly json: boolean;
  /** Where the report goes, instead of into the container. */
  readonly report: string | undefined;
}

/**
 * `longshore verify --shard`: reads one shard of a container back, by the index snapshot that is there, and leaves reports for the
 * daemon. Nothing of this machine's state is read or written. Resolves with the exit code.
 */
export function verifyShard(
  command: PlaceCommand,
  named: string,
  asked: ShardCommand,
): Promise<number> {
  return withSnapshot(command, (snapshot) => readShard(command, named, snapshot, asked));
}

async function readShard(
  command: PlaceCommand,
  named: string,
  snapshot: ReadableSnapshot,
  { shard, share, json, report: reportFile }: ShardCommand,
): Promise<number> {
  const { place, backend, output, io, signal } = command;
  const { range, bytes } = await planShard(snapshot, shard, () => true, signal);
  const chosen = chooseByChance(share, bytes, randomUUID());
  const header = headerOf(snapshot, shard, hostname());
  const progress = openObjectProgress(io, {
    label: named,
    isWanted: !json,
    async countAhead(counted, within) {
      for await (const [name, record] of rowsInRange(snapshot, range)) {
        within.throwIfAborted();
        counted(record !== undefined && chosen(name, record) ? record.size : 0);
      }
    },
    signal,
  });
  const fields = { shard: shardText(shard), snapshot: header.snapshot, madeAt: header.madeAt };
  const label = json ? named : `${named}, shard ${fields.shard}`;
  const printed = openVerifyReport(label, aboveProgress(output, progress), {
    json,
    extraneousIsWrong: false,
    summary: fields,
  });
  const reports = openShardReports(command, header, reportFile);
  let delivered: DeliveredReports;
  try {
    await readPlace(command, progress, printed, {
      known: {
        index: undefined,
        snapshotRecords: rowsInRange(snapshot, range),
        freshIndex: async () => ({ get: () => undefined }),
        recordInSnapshot: async () => undefined,
        extraneousIsWrong: false,
      },
      listed: inOrder(listRange(backend, place, range, signal), backend.capabilities.listingOrder),
      chosen,
      report: () => {},
      onProof(name, version, verdict) {
        const known = version && versionOf(version);
        // Proven by the container's own digests alone: the daemon has a record to compare with, and the snapshot has none yet.
        if (known === undefined && verdict === 'proven') return;
        reports.add({ name, version: known, outcome: OUTCOMES[verdict], atMs: io.clock.now() });
      },
    });
  } finally {
    await progress.close();
    delivered = await reports.finish();
    noteDelivered(command, named, delivered);
  }
  const code = printed.finish();
  return delivered.refusal !== undefined && code === EXIT.OK ? EXIT.INCOMPLETE : code;
}

const OUTCOMES: Readonly<Record<EvidentVerdict, ReportedOutcome>> = {
  proven: 'proven',
  damaged: 'damaged',
  changed: 'changed',
  'wrong-size': 'changed',
  missing: 'gone',
  gone: 'gone',
};

function noteDelivered(
  { io: { stderr } }: PlaceCommand,
  named: string,
  { file, refusal }: DeliveredReports,
): void {
  if (file === undefined) return;
  const later = `longshore import-report ${forShell(named)} ${forShell(file)}`;
  if (refusal !== undefined)
    noteLine(
      stderr,
      `warning: the container does not take the report (${refusal.message}), so it is in ${file}; where the mirror may be written to: ${later}`,
    );
  else noteLine(stderr, `the report is in ${file}; where the mirror may be written to: ${later}`);
}
