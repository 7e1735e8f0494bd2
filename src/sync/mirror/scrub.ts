import { untilFirstEnds } from '../../concurrently.js';
import { createCondition } from '../../condition.js';
import { eachInParallel } from '../../drivers/parallel.js';
import { StateError } from '../../state/errors.js';
import type { ProofCandidate } from '../proof/oldest-proofs.js';
import { neededBytesPerSecond, type ProofPace, passMs } from '../proof/pace.js';
import { countProof, type ProofSurvey, surveyProofs } from '../proof/survey.js';
import type { VerifyStatus } from '../verify-status.js';
import { batchesOf, type ExamineBatchOptions, examineBatch } from './examine-batch.js';
import { verifyStatusOf } from './mirror-health.js';
import type { ReadSince } from './past-runs.js';
import { openProofsToRecord } from './proofs-to-record.js';
import { createReadCount } from './read-count.js';
import type { OpenFindings } from './scrub-findings.js';

/** Reads every object back within a time, at a bandwidth, and has damaged ones healed. */
export interface Scrub {
  /** Works until `signal` is aborted, and rejects with its reason then; or with the error of the index. */
  take(signal: AbortSignal): Promise<void>;
  /** Others have recorded proofs: they count now, and what they have read is not read again. */
  noteProofs(): void;
  status(): VerifyStatus;
}

/** `whenUp`: resolves when nothing else is to be done at the target, and it is well. */
export interface ScrubOptions extends ExamineBatchOptions {
  readonly pace: ProofPace;
  /** False: it only counts what others read. */
  readonly reads: boolean;
  readonly findings: OpenFindings;
  /** Writes down how much was read back. */
  readonly noteRead: (read: ReadSince) => Promise<void>;
}

/** Objects that one survey finds, so that a survey of a million records is worth its seconds. */
const AT_ONCE = 50_000;
/** Objects that are read at the same time. Small ones would else wait for one answer after the other. */
const LANES = 4;
const SURVEY_EVERY_MS = 3_600_000;
/** So that objects which cannot be read now do not cost a survey each moment. */
const SHORTEST_ROUND_MS = 1_000;
/** After trouble that is not one object's. */
const TROUBLE_MS = 60_000;

export function createScrub(options: ScrubOptions): Scrub {
  const { mirror, pace, findings, index, clock, log } = options;
  const reads = createReadCount(clock, options.noteRead);
  const proofsCame = createCondition();
  let isOutdated = false;
  let survey: ProofSurvey | undefined;
  let needed: number | undefined;

  /** Logs it once whenever the bandwidth becomes too small, or large enough. */
  function noteReach({ bytes }: ProofSurvey): void {
    if (!options.reads) return;
    const before = needed;
    needed = neededBytesPerSecond(bytes, pace);
    if ((before === undefined) === (needed === undefined)) return;
    const { withinMs, bytesPerSecond } = pace;
    const seconds = Math.round(passMs(bytes, pace) / 1000);
    const fields = { mirror, bytes, bytesPerSecond, withinSeconds: withinMs / 1000, seconds };
    if (needed === undefined) log.info('verify keeps up again', fields);
    else
      log.warn('verify bandwidth is too small to read everything back in time', {
        ...fields,
        neededBytesPerSecond: needed,
      });
  }

  async function look(signal: AbortSignal): Promise<ProofSurvey> {
    isOutdated = false;
    survey = await surveyProofs({
      index,
      nowMs: clock.now(),
      pace,
      most: options.reads ? AT_ONCE : 0,
      bytesBefore: survey?.bytes ?? 0,
      postponed: findings.isPostponed,
      signal,
    });
    noteReach(survey);
    return survey;
  }

  /** Those that can be read before the next survey; it finds the others again. */
  function* inTime(due: readonly ProofCandidate[]): Generator<ProofCandidate, void> {
    const fromMs = clock.monotonic();
    for (const one of due) {
      if (isOutdated || clock.monotonic() - fromMs > SURVEY_EVERY_MS) return;
      yield one;
    }
  }

  async function readAll(due: readonly ProofCandidate[], signal: AbortSignal): Promise<void> {
    const proofs = openProofsToRecord(options.proveAll, clock);
    try {
      const batches = batchesOf(inTime(due), options);
      await eachInParallel(batches, LANES, signal, async (batch, within) => {
        const examined = examineBatch(batch, options, findings, proofs, within);
        for await (const { candidate, found } of examined) {
          if (found === 'proven' && survey !== undefined)
            survey = countProof(survey, candidate, clock.now(), pace);
          await reads.add(candidate.size, found);
        }
      });
    } finally {
      await proofs.flush();
    }
  }

  async function round(signal: AbortSignal): Promise<void> {
    const { due, nextDueMs } = await look(signal);
    const fromMs = clock.monotonic();
    try {
      await readAll(due, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StateError) throw error;
      log.warn('verify waits', { mirror, error });
      await clock.sleep(TROUBLE_MS, signal);
    }
    const ownMs = due.length === 0 ? waitMs(nextDueMs, clock.now()) : SHORTEST_ROUND_MS;
    const ms = (options.reads ? ownMs : SURVEY_EVERY_MS) - (clock.monotonic() - fromMs);
    if (isOutdated) return;
    await untilFirstEnds(signal, [(within) => clock.sleep(ms, within), proofsCame.wait]);
  }

  return {
    noteProofs() {
      isOutdated = true;
      proofsCame.notifyAll();
    },
    async take(signal) {
      try {
        for (;;) {
          signal.throwIfAborted();
          await round(signal);
        }
      } finally {
        await reads.flush();
      }
    },
    status: () => verifyStatusOf(pace, survey, findings.open(), needed),
  };
}

/** Until something is due, and no longer than until the next survey. */
function waitMs(nextDueMs: number | undefined, nowMs: number): number {
  const untilDue = nextDueMs === undefined ? SURVEY_EVERY_MS : nextDueMs - nowMs;
  return Math.min(SURVEY_EVERY_MS, Math.max(SHORTEST_ROUND_MS, untilDue));
}
