import { randomUUID } from 'node:crypto';
import { parseSize } from '../config/units.js';
import { openGate } from '../drivers/gate.js';
import { listCurrent } from '../restore/list-current.js';
import { openSelection } from '../restore/selection.js';
import { createDigestThreads } from '../sync/proof/digest-threads.js';
import {
  type Choice,
  chooseByChance,
  chooseOldest,
  type ReadBackShare,
} from '../verify/choose-objects.js';
import { inOrder } from '../verify/compare-listing.js';
import type { VerifyEvent } from '../verify/verify-events.js';
import { verifyAll } from '../verify/verify-run.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import type { ObjectProgress } from './object-progress.js';
import { type PlaceCommand, withPlace } from './open-place.js';
import { noteLine, type Output } from './output.js';
import { openProofRecorder } from './record-proofs.js';
import type { PlaceOptions } from './remote-place.js';
import { openReportFile, type ReportFile } from './report-file.js';
import { openIndexEvidence } from './restore-index.js';
import { openSnapshotEvidence } from './snapshot-evidence.js';
import { openVerifyProgress } from './verify-progress.js';
import { openVerifyReport } from './verify-report.js';

export interface VerifyOptions extends PlaceOptions {
  readonly readBack: string;
  readonly json: boolean;
  readonly report?: string;
}

/** More would not be faster, and each holds a connection. */
const MOST_LANES = 32;

/**
 * `longshore verify`: compares containers with the index, and reads a share of their objects back. WORK_DUE when something is
 * not what it should be, INCOMPLETE when something could not be read.
 */
export async function verify(
  configFile: string | undefined,
  places: readonly string[],
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  const share = shareOf(options.readBack);
  const file = options.report === undefined ? undefined : openReportFile(io.cwd, options.report);
  try {
    const codes: number[] = [];
    for (const place of places)
      codes.push(
        await withPlace(configFile, place, options, io, (command) =>
          verifyPlace(command, place, share, options.json, file),
        ),
      );
    file?.finish();
    return codes.find(isInterrupted) ?? worstOf(codes);
  } finally {
    file?.abandon();
  }
}

async function verifyPlace(
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
  const snapshot = openSnapshotEvidence(
    backend,
    place,
    (text) => noteLine(progress.stderr, text),
    signal,
  );
  const lanes = Math.min(MOST_LANES, place.target.concurrency ?? backend.capabilities.concurrency);
  const digests = createDigestThreads();
  try {
    await verifyAll(
      {
        backend,
        container: place.container,
        prefix: place.prefix,
        index: index.whole,
        freshIndex: fresh.open,
        recordInSnapshot: snapshot.recordOf,
        extraneousIsWrong,
        clock: io.clock,
        fast: { digests, reads: openGate(io.clock, lanes) },
        onBytes: progress.onBytes,
      },
      list(signal),
      {
        chosen,
        lanes,
        report(event: VerifyEvent) {
          progress.onObject();
          report.add(event);
          file?.add({ mirror: named, ...event });
        },
        onProof: proofs.add,
        signal,
      },
    );
    await proofs.record();
  } finally {
    await progress.close();
    proofs.close();
    await digests.close();
    await snapshot.close();
    await fresh.close();
  }
  return report.finish();
}

/** The line of the progress makes room for each line of the output: both may be on one terminal. */
function aboveProgress(output: Output, { hide }: ObjectProgress): Output {
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

/** @throws UsageError */
function shareOf(text: string): ReadBackShare {
  if (text === 'all') return { part: 1 };
  if (text === 'none') return { part: 0 };
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) <= 100) return { part: Number(percent) / 100 };
  const bytes = percent === undefined ? parseSize(text) : undefined;
  if (bytes !== undefined) return { bytes };
  throw new UsageError(
    `--read-back: expected a share such as 5%, a size such as 10GiB, all or none, got ${JSON.stringify(text)}`,
  );
}

function isInterrupted(code: number): boolean {
  return code > 128;
}

/** What is wrong weighs more than what could not be looked at. */
function worstOf(codes: readonly number[]): number {
  for (const code of [EXIT.WORK_DUE, EXIT.INCOMPLETE]) if (codes.includes(code)) return code;
  return Math.max(EXIT.OK, ...codes);
}
