import { tmpdir } from 'node:os';
import type { Backend } from '../../drivers/backend.js';
import type { ObjectInfo } from '../../drivers/call.js';
import { StorageError } from '../../drivers/errors.js';
import { findObject } from '../../drivers/find-object.js';
import { eachInParallel } from '../../drivers/parallel.js';
import { StateError } from '../../state/errors.js';
import type { ObjectName } from '../../state/object-index.js';
import { type Proof, versionOf } from '../proof/prove.js';
import { openSpill, type Spill } from '../scan/spill.js';
import { judgeLine, type ReportedMirror, refuseForeign } from '../shards/judge-report.js';
import { type ReadableReport, UnusableReportError } from '../shards/report-format.js';
import { fetchReport, listReports } from '../shards/report-objects.js';
import type { CollectedReports } from '../verify-status.js';
import { type ExamineOptions, examineObject } from './examine-object.js';
import { openProofsToRecord } from './proofs-to-record.js';
import type { OpenFindings } from './scrub-findings.js';

/** Takes what `longshore verify --shard` has found on other machines, and left in the container, into the index. */
export interface ReportCollector {
  /**
   * Takes in what is there now; a second call meanwhile does nothing. Trouble with the container, or with one report, is logged,
   * and the next call tries again. Rejects with the reason of `signal`, and with a StateError.
   */
  collect(signal: AbortSignal): Promise<void>;
  /** Collects now and then. Rejects with the reason of `signal`, and with a StateError. */
  take(signal: AbortSignal): Promise<void>;
  /** Of the last report that was taken in; null: there was none since the start. */
  status(): CollectedReports | null;
}

export interface CollectOptions extends ExamineOptions {
  readonly place: ReportedMirror;
  /** What is known of damaged objects: a doubt is settled by a reading of our own. */
  readonly findings: OpenFindings;
  /** False: nothing is to be read or changed now, or a report would speak of objects that are not known yet. */
  readonly isReady: () => boolean;
  /** Whether the container is on a disk of this machine, which is to sleep while nothing happens: no look by a timer. */
  readonly maySleep: () => boolean;
  /** Called when proofs were recorded. */
  readonly recorded: () => void;
  readonly report: (collected: Omit<CollectedReports, 'atMs'>) => void;
}

/** Between looks: a LIST each. */
const COLLECT_MS = 600_000;
/** Proofs in one commit. */
const AT_ONCE = 1_000;
/** Objects of one report that are read because it doubts them; the proofs of all others end as well. */
const MOST_READ = 1_000;
const LANES = 4;
/** Reports that stay in the container are not read again; so many are kept in mind. */
const MOST_SEEN = 10_000;

export function createReportCollector(options: CollectOptions): ReportCollector {
  const { mirror, place, root, clock, log } = options;
  const { backend } = root;
  /** Those that could not be believed, or not be deleted. */
  const seen = new Set<string>();
  let isCollecting = false;
  let last: CollectedReports | null = null;

  function keepInMind(key: string): void {
    if (seen.size < MOST_SEEN) seen.add(key);
  }

  async function takeIn(info: ObjectInfo, signal: AbortSignal): Promise<void> {
    const doubts = openSpill<ObjectName>(tmpdir());
    try {
      const report = await fetchReport(backend, info, signal);
      refuseForeign(report.header, place);
      const counts = await record(report, doubts, options, signal);
      if (counts.proven > 0 || counts.doubtful > 0) options.recorded();
      await examine(doubts, options, signal);
      await deleteReport(backend, info, signal).catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error;
        keepInMind(info.key);
        log.warn('verify report not deleted', { mirror, key: info.key, error });
      });
      const { host, shard } = report.header;
      last = { atMs: clock.now(), host, shard, ...counts };
      options.report({ host, shard, ...counts });
    } catch (error) {
      if (!(error instanceof UnusableReportError)) throw error;
      keepInMind(info.key);
      const why = `it ${error.message}`;
      log.warn('verify report not used', { mirror, key: info.key, why });
    } finally {
      doubts.close();
    }
  }

  async function collectAll(signal: AbortSignal): Promise<void> {
    try {
      for await (const info of listReports(backend, place, signal))
        if (!seen.has(info.key)) await takeIn(info, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StateError) throw error;
      log.warn('verify reports not collected', { mirror, error });
    }
  }

  async function collect(signal: AbortSignal): Promise<void> {
    if (isCollecting || !options.isReady()) return;
    isCollecting = true;
    try {
      await collectAll(signal);
    } finally {
      isCollecting = false;
    }
  }

  return {
    collect,
    async take(signal) {
      for (;;) {
        await collect(signal);
        await clock.sleep(options.maySleep() ? Number.POSITIVE_INFINITY : COLLECT_MS, signal);
      }
    },
    status: () => last,
  };
}

type Counts = Pick<CollectedReports, 'proven' | 'doubtful' | 'ignored'>;

/** Records the proofs of a report, and ends those of the objects that it doubts, which are added to `doubts`. */
async function record(
  report: ReadableReport,
  doubts: Pick<Spill<ObjectName>, 'add'>,
  { index, proveAll, clock }: CollectOptions,
  signal: AbortSignal,
): Promise<Counts> {
  const counts = { proven: 0, doubtful: 0, ignored: 0 };
  let proofs: Proof[] = [];
  for (const line of report.lines()) {
    const known = line && index.get(line.name);
    const worth = line && judgeLine(line, known, clock.now());
    if (
      line === undefined ||
      known === undefined ||
      worth === undefined ||
      worth.kind === 'outdated'
    ) {
      counts.ignored += 1;
      continue;
    }
    if (worth.kind === 'doubt') doubts.add(line.name);
    counts[worth.kind === 'doubt' ? 'doubtful' : 'proven'] += 1;
    if (worth.kind === 'known') continue;
    const atMs = worth.kind === 'proof' ? worth.atMs : undefined;
    proofs.push({ name: line.name, record: versionOf(known), atMs });
    if (proofs.length < AT_ONCE) continue;
    await proveAll(proofs);
    proofs = [];
    signal.throwIfAborted();
  }
  await proveAll(proofs);
  return counts;
}

/** Reads doubted objects: only what this process has seen itself is reported as damaged, and healed. */
async function examine(
  doubts: Pick<Spill<ObjectName>, 'items'>,
  options: CollectOptions,
  signal: AbortSignal,
): Promise<void> {
  const proofs = openProofsToRecord(options.proveAll, options.clock);
  try {
    await eachInParallel(first(doubts.items(), MOST_READ), LANES, signal, async (name, within) => {
      await examineObject(name, options, options.findings, proofs, within);
    });
  } finally {
    await proofs.flush();
  }
}

function* first<T>(items: Iterable<T>, most: number): Generator<T, void> {
  let taken = 0;
  for (const item of items) {
    if (taken >= most) return;
    taken += 1;
    yield item;
  }
}

/** In a container that keeps versions no trace of it stays, if the credentials allow that. */
async function deleteReport(
  backend: Backend,
  { container, key }: ObjectInfo,
  signal: AbortSignal,
): Promise<void> {
  const { versions } = backend.capabilities;
  const ref = { container, key };
  const versionId =
    versions === undefined
      ? undefined
      : (await findObject(backend, ref, { signal }))?.extra['versionId'];
  if (versions === undefined || typeof versionId !== 'string')
    return backend.deleteObject(ref, { signal });
  try {
    await versions.deleteVersion(ref, versionId, { signal });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    await backend.deleteObject(ref, { signal });
  }
}
