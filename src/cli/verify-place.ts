import { randomUUID } from 'node:crypto';
import { listCurrent } from '../restore/list-current.js';
import { openSelection } from '../restore/selection.js';
import { openFastReading } from '../sync/proof/fast-reading.js';
import {
  type Choice,
  chooseByChance,
  chooseOldest,
  type ReadBackShare,
} from '../verify/choose-objects.js';
import { inOrder, type ListedObject } from '../verify/compare-listing.js';
import type { VerifyContext, VerifyOptions } from '../verify/verify-context.js';
import type { VerifyEvent } from '../verify/verify-events.js';
import { verifyAll } from '../verify/verify-run.js';
import type { ObjectProgress } from './object-progress.js';
import type { PlaceCommand } from './open-place.js';
import { noteLine, type Output } from './output.js';
import { openProofRecorder } from './record-proofs.js';
import type { ReportFile } from './report-file.js';
import { openIndexEvidence } from './restore-index.js';
import { openSnapshotEvidence } from './snapshot-evidence.js';
import { openVerifyProgress } from './verify-progress.js';
import { openVerifyReport, type VerifyReport } from './verify-report.js';

/** More would not be faster, and each holds a connection. */
const MOST_LANES = 32;

/** Compares one container with the index, and reads a share of its objects back. Resolves with the exit code. */
export async function verifyPlace(
  command: PlaceCommand,
  named: string,
  share: ReadBackShare,
  json: boolean,
  file: ReportFile | undefined,
): Promise<number> {
  const { place, backend, index, output, io, signal } = command;
  const list = (within: AbortSignal) =>
    inOrder(
      listCurrent(backend, place, openSelection([]), within),
      backend.capabilities.listingOrder,
    );
  const extraneousIsWrong = isExtraneousWrong(command);
  const chosen = await choose(command, share, () => list(signal));
  const shown = { label: named, isWanted: !json, chosen, index: index.whole, list, signal };
  const progress = openVerifyProgress(io, shown);
  const report = openVerifyReport(named, aboveProgress(output, progress), {
    json,
    extraneousIsWrong,
  });
  const proofs = openProofRecorder(command);
  const fresh = openFreshIndexes(command);
  const warn = (text: string) => noteLine(progress.stderr, text);
  const snapshot = openSnapshotEvidence(backend, place, warn, signal);
  try {
    await readPlace(command, progress, report, {
      known: {
        index: index.whole,
        freshIndex: fresh.open,
        recordInSnapshot: snapshot.recordOf,
        extraneousIsWrong,
      },
      listed: list(signal),
      chosen,
      report: (event) => file?.add({ mirror: named, ...event }),
      onProof: proofs.add,
    });
    await proofs.record();
  } finally {
    await progress.close();
    proofs.close();
    await snapshot.close();
    await fresh.close();
  }
  return report.finish();
}

/** What is read of a place, and what is known of it. */
export interface ReadPlace extends Pick<VerifyOptions, 'chosen' | 'onProof'> {
  readonly known: Pick<
    VerifyContext,
    'index' | 'freshIndex' | 'recordInSnapshot' | 'snapshotRecords' | 'extraneousIsWrong'
  >;
  readonly listed: AsyncIterable<ListedObject>;
  /** Called for each object, beside the report that is printed. */
  readonly report: (event: VerifyEvent) => void;
}

/** Verifies as verifyAll does, as fast as this machine and the target allow. */
export async function readPlace(
  { place, backend, io, signal }: PlaceCommand,
  progress: ObjectProgress,
  printed: Pick<VerifyReport, 'add'>,
  { known, listed, chosen, report, onProof }: ReadPlace,
): Promise<void> {
  const lanes = Math.min(MOST_LANES, place.target.concurrency ?? backend.capabilities.concurrency);
  const fast = openFastReading(io.clock, lanes);
  try {
    await verifyAll(
      {
        backend,
        container: place.container,
        prefix: place.prefix,
        ...known,
        clock: io.clock,
        fast,
        onBytes: progress.onBytes,
      },
      listed,
      {
        chosen,
        lanes,
        report(event) {
          progress.onObject();
          printed.add(event);
          report(event);
        },
        onProof,
        signal,
      },
    );
  } finally {
    await fast.close();
  }
}

/** The line of the progress makes room for each line of the output: both may be on one terminal. */
export function aboveProgress(output: Output, { hide }: ObjectProgress): Output {
  return {
    ...output,
    line(text) {
      hide();
      output.line(text);
    },
  };
}

/** Whether longshore must have put all objects there: then others are reported as wrong. */
function isExtraneousWrong({ place, index: { whole } }: PlaceCommand): boolean {
  const { extraneous = 'keep' } = place.mirror?.settings ?? {};
  return whole?.isReconciled === true && extraneous !== 'keep';
}

/** Copies of the index of the moment when each is opened. */
function openFreshIndexes({ place, index, io, signal }: PlaceCommand) {
  const opened: (typeof index)[] = [];
  return {
    async open() {
      const fresh = await openIndexEvidence(place, io, signal);
      opened.push(fresh);
      return fresh.whole ?? index.whole ?? { get: () => undefined };
    },
    async close() {
      for (const each of opened) await each.close();
    },
  };
}

async function choose(
  { index: { whole }, io: { clock } }: PlaceCommand,
  share: ReadBackShare,
  list: () => ReturnType<typeof inOrder>,
): Promise<Choice> {
  if (whole !== undefined) return chooseOldest(whole, share, clock.now());
  let total = 0;
  if ('bytes' in share) for await (const { info } of list()) total += info.size;
  return chooseByChance(share, total, randomUUID());
}
