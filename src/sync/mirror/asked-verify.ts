import { createCondition } from '../../condition.js';
import { eachInParallel } from '../../drivers/parallel.js';
import { StateError } from '../../state/errors.js';
import type { PastRun } from '../../state/ledger.js';
import type { ObjectIndex } from '../../state/object-index.js';
import { oldestFirst } from '../proof/oldest-first.js';
import type { ProofCandidate } from '../proof/oldest-proofs.js';
import type { AskedVerifyStatus, ReadBackShare } from '../verify-status.js';
import { batchesOf, type ExamineBatchOptions, examineBatch } from './examine-batch.js';
import type { Examined } from './examine-object.js';
import { openProofsToRecord } from './proofs-to-record.js';
import { createOpenFindings } from './scrub-findings.js';

/** Reads a share of the objects back when a person asks for it, the oldest proofs first, as fast as the target may be read. */
export interface AskedVerify {
  /** `busy`: one is under way. `waiting`: the mirror does not work now. */
  begin(share: ReadBackShare): 'begun' | 'busy' | 'waiting';
  /** False: none is under way. */
  stop(): boolean;
  /** Of the one that is under way, or else of the last one; null: there was none since the start. */
  status(): AskedVerifyStatus | null;
  /** Does what is asked for until `signal` is aborted, and rejects with its reason then; or with the error of the index. */
  take(signal: AbortSignal): Promise<void>;
}

export interface AskedVerifyOptions extends ExamineBatchOptions {
  readonly index: ExamineBatchOptions['index'] & Pick<ObjectIndex, 'count'>;
  /** Writes down what was read. */
  readonly noteRun: (run: PastRun) => Promise<void>;
}

/** Small objects would else wait for one answer after the other; so would batches that other processes read. */
const LANES = 4;
/** Names that are kept of what is wrong. */
const MOST_WRONG = 100;

export function createAskedVerify(options: AskedVerifyOptions): AskedVerify {
  const { mirror, index, clock, log } = options;
  const asked = createCondition();
  let status: AskedVerifyStatus | null = null;
  let isTaken = false;
  let next: ReadBackShare | undefined;
  let stopping = new AbortController();

  const isBusy = () => status?.state === 'running';

  /** What was asked for and has not begun will not. */
  function forget(): void {
    if (next === undefined) return;
    next = undefined;
    end('stopped', null);
  }

  function note({ name, size }: ProofCandidate, found: Examined): void {
    if (status !== null) status = counted(status, name, size, found);
  }

  async function run(share: ReadBackShare, signal: AbortSignal): Promise<void> {
    const findings = createOpenFindings(clock);
    const proofs = openProofsToRecord(options.proveAll, clock);
    try {
      const chosen = within(share, index.count(), oldestFirst(index, clock.now(), signal));
      const batches = batchesOf(chosen, options);
      await eachInParallel(batches, LANES, signal, async (batch, until) => {
        for await (const { candidate, found } of examineBatch(
          batch,
          options,
          findings,
          proofs,
          until,
        ))
          note(candidate, found);
      });
    } finally {
      await proofs.flush();
    }
  }

  function end(state: 'finished' | 'stopped' | 'failed', error: string | null): void {
    if (status === null) return;
    status = { ...status, state, error, endedAtMs: clock.now() };
    const { objects, bytes, proven, unreadable, unverified, wrongObjects } = status;
    const counts = { objects, bytes, proven, wrong: wrongObjects, unreadable, unverified };
    log.info('verify ended', { mirror, state, ...counts, ...(error !== null && { error }) });
  }

  async function carryOut(share: ReadBackShare, signal: AbortSignal): Promise<void> {
    log.info('verify began', { mirror, share });
    try {
      await run(share, AbortSignal.any([signal, stopping.signal]));
      end('finished', null);
    } catch (error) {
      const isStopped = signal.aborted || stopping.signal.aborted;
      const why = error instanceof Error ? error.message : String(error);
      end(isStopped ? 'stopped' : 'failed', isStopped ? null : why);
      if (error instanceof StateError) throw error;
    }
    if (status !== null && status.objects > 0) await options.noteRun(pastOf(status));
    signal.throwIfAborted();
  }

  return {
    begin(share) {
      if (isBusy()) return 'busy';
      if (!isTaken) return 'waiting';
      next = share;
      status = begun(share, index.count(), clock.now());
      stopping = new AbortController();
      asked.notifyAll();
      return 'begun';
    },
    stop() {
      const wasBusy = isBusy();
      forget();
      stopping.abort(new Error('a person has stopped it'));
      return wasBusy;
    },
    status: () => status,
    async take(signal) {
      isTaken = true;
      try {
        for (;;) {
          const share = next;
          if (share === undefined) await asked.wait(signal);
          else {
            next = undefined;
            await carryOut(share, signal);
          }
        }
      } finally {
        isTaken = false;
        forget();
      }
    },
  };
}

function begun(share: ReadBackShare, objects: number, nowMs: number): AskedVerifyStatus {
  return {
    state: 'running',
    share,
    startedAtMs: nowMs,
    endedAtMs: null,
    objectsToRead: 'part' in share ? Math.ceil(share.part * objects) : null,
    bytesToRead: 'bytes' in share ? share.bytes : null,
    ...{ objects: 0, bytes: 0, proven: 0, unreadable: 0, unverified: 0, skipped: 0 },
    wrongObjects: 0,
    wrong: [],
    error: null,
  };
}

function pastOf(status: AskedVerifyStatus): PastRun {
  const { startedAtMs, endedAtMs, objects, bytes, wrongObjects: differences } = status;
  const seconds = Math.max(0, ((endedAtMs ?? startedAtMs) - startedAtMs) / 1_000);
  return { kind: 'read-back', asked: true, startedAtMs, seconds, objects, bytes, differences };
}

/** Pure. */
function counted(
  status: AskedVerifyStatus,
  name: string,
  size: number,
  found: Examined,
): AskedVerifyStatus {
  if (found === 'skipped') return { ...status, skipped: status.skipped + 1 };
  const read = { ...status, objects: status.objects + 1, bytes: status.bytes + size };
  if (found === 'proven' || found === 'unreadable' || found === 'unverified')
    return { ...read, [found]: read[found] + 1 };
  const wrong =
    read.wrong.length < MOST_WRONG ? [...read.wrong, { name, problem: found }] : read.wrong;
  return { ...read, wrong, wrongObjects: read.wrongObjects + 1 };
}

/** The first of them, as many as are asked for: at least one. */
async function* within(
  share: ReadBackShare,
  objects: number,
  candidates: AsyncIterable<ProofCandidate>,
): AsyncGenerator<ProofCandidate, void> {
  const most = 'part' in share ? Math.ceil(share.part * objects) : Number.POSITIVE_INFINITY;
  const mostBytes = 'bytes' in share ? share.bytes : Number.POSITIVE_INFINITY;
  let [taken, bytes] = [0, 0];
  for await (const candidate of candidates) {
    if (taken >= most || bytes >= mostBytes) return;
    taken += 1;
    bytes += candidate.size;
    yield candidate;
  }
}
