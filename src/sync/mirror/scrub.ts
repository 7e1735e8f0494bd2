import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import { eachInParallel } from '../../drivers/parallel.js';
import type { Logger } from '../../log.js';
import { StateError } from '../../state/errors.js';
import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { Damage } from '../decide-healing.js';
import type { ProofCandidate } from '../proof/oldest-proofs.js';
import { neededBytesPerSecond, type ProofPace, passMs } from '../proof/pace.js';
import { isSameObject, type Proof } from '../proof/prove.js';
import { type ReadBack, readBack } from '../proof/read-back.js';
import { countProof, type ProofSurvey, surveyProofs } from '../proof/survey.js';
import type { VerifyStatus } from '../verify-status.js';
import { verifyStatusOf } from './mirror-health.js';
import { openProofsToRecord, type ProofsToRecord } from './proofs-to-record.js';
import { createOpenFindings, type OpenFindings } from './scrub-findings.js';

/** Reads every object back within a time, at a bandwidth, and has damaged ones healed. */
export interface Scrub {
  /** Works until `signal` is aborted, and rejects with its reason then; or with the error of the index. */
  take(signal: AbortSignal): Promise<void>;
  status(): VerifyStatus;
}

export interface ScrubOptions {
  readonly mirror: string;
  readonly pace: ProofPace;
  /** Where the objects are, and a backend that reads no faster than the pace. */
  readonly root: { readonly backend: Backend; readonly container: string; readonly prefix: string };
  readonly index: Pick<ObjectIndex, 'get' | 'entries'>;
  /** See Books. */
  readonly proveAll: (proofs: readonly Proof[]) => Promise<void>;
  /** Whether a job of this object waits or runs. */
  readonly hasJob: (name: ObjectName) => boolean;
  /** Resolves when nothing else is to be done at the target, and it is well. */
  readonly whenQuiet: (signal: AbortSignal) => Promise<void>;
  /** Has the object healed, if it is to be, and reports it. Resolves when the queue has taken the job. */
  readonly heal: (name: ObjectName, damage: Damage, detail: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
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
  const { mirror, pace, index, clock, log } = options;
  const findings = createOpenFindings(clock);
  let survey: ProofSurvey | undefined;
  let needed: number | undefined;

  /** Logs it once whenever the bandwidth becomes too small, or large enough. */
  function noteReach({ bytes }: ProofSurvey): void {
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
    survey = await surveyProofs({
      index,
      nowMs: clock.now(),
      pace,
      most: AT_ONCE,
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
      if (clock.monotonic() - fromMs > SURVEY_EVERY_MS) return;
      yield one;
    }
  }

  async function readAll(due: readonly ProofCandidate[], signal: AbortSignal): Promise<void> {
    const proofs = openProofsToRecord(options.proveAll, clock);
    try {
      await eachInParallel(inTime(due), LANES, signal, async (candidate, within) => {
        await options.whenQuiet(within);
        const isProven = await examine(candidate.name, options, findings, proofs, within);
        if (isProven && survey !== undefined)
          survey = countProof(survey, candidate, clock.now(), pace);
      });
    } finally {
      await proofs.flush();
    }
  }

  return {
    async take(signal) {
      for (;;) {
        signal.throwIfAborted();
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
        const until = due.length === 0 ? waitMs(nextDueMs, clock.now()) : SHORTEST_ROUND_MS;
        await clock.sleep(until - (clock.monotonic() - fromMs), signal);
      }
    },
    status: () => verifyStatusOf(pace, survey, findings.open(), needed),
  };
}

/** Reads one object back, and does what its verdict asks for. Resolves with whether it is proven. */
async function examine(
  name: ObjectName,
  options: ScrubOptions,
  findings: OpenFindings,
  proofs: ProofsToRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const { root, index, clock, hasJob } = options;
  const record = index.get(name);
  if (record?.state !== 'confirmed' || hasJob(name)) return false;
  const ref = { container: root.container, key: root.prefix + name };
  const result = await readBack({ backend: root.backend, clock }, ref, record, signal);
  const now = index.get(name);
  // A job has replaced the object meanwhile, or is about to: what was read says nothing of it.
  if (now === undefined || !isSameObject(now, record) || hasJob(name)) return false;
  if (result.verdict === 'proven') {
    findings.over(name);
    await proofs.add({ name, record, atMs: clock.now() });
    return true;
  }
  if (result.verdict === 'unreadable' || result.verdict === 'unverified') {
    findings.postpone(name, record);
    reportUnread(name, result, options);
    return false;
  }
  findings.found(name, record, result.verdict);
  await proofs.add({ name, record, atMs: undefined });
  await options.heal(name, damageOf(result), result.verdict === 'missing' ? '' : result.detail);
  return false;
}

function reportUnread(
  name: ObjectName,
  result: Extract<ReadBack, { verdict: 'unreadable' | 'unverified' }>,
  { mirror, log }: ScrubOptions,
): void {
  const detail =
    result.verdict === 'unreadable' ? result.detail : 'nothing says what its bytes should be';
  log.warn('object not verified', { mirror, name, detail });
}

function damageOf(
  result: Extract<ReadBack, { verdict: 'missing' | 'damaged' | 'changed' }>,
): Damage {
  if (result.verdict === 'missing') return { problem: 'missing' };
  const { size, extra } = result.info;
  const { etag } = extra;
  return { problem: result.verdict, size, ...(typeof etag === 'string' && { etag }) };
}

/** Until something is due, and no longer than until the next survey. */
function waitMs(nextDueMs: number | undefined, nowMs: number): number {
  const untilDue = nextDueMs === undefined ? SURVEY_EVERY_MS : nextDueMs - nowMs;
  return Math.min(SURVEY_EVERY_MS, Math.max(SHORTEST_ROUND_MS, untilDue));
}
