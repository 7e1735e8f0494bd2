import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import type { Logger } from '../../log.js';
import type { ObjectIndex, ObjectName } from '../../state/object-index.js';
import type { Damage } from '../decide-healing.js';
import { isSameObject, type Proof } from '../proof/prove.js';
import { type ReadBack, readBack } from '../proof/read-back.js';
import type { ProofsToRecord } from './proofs-to-record.js';
import type { OpenFindings } from './scrub-findings.js';

export interface ExamineOptions {
  readonly mirror: string;
  /** Where the objects are, and a backend that reads no faster than the pace. */
  readonly root: { readonly backend: Backend; readonly container: string; readonly prefix: string };
  readonly index: Pick<ObjectIndex, 'get' | 'entries'>;
  /** See Books. */
  readonly proveAll: (proofs: readonly Proof[]) => Promise<void>;
  /** Whether a job of this object waits or runs. */
  readonly hasJob: (name: ObjectName) => boolean;
  /** Has the object healed, if it is to be, and reports it. Resolves when the queue has taken the job. */
  readonly heal: (name: ObjectName, damage: Damage, detail: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `skipped`: a job is at work on the object, so that a reading would say nothing of it. */
export type Examined = ReadBack['verdict'] | 'skipped';

/** Reads one object back, and does what its verdict asks for. */
export async function examineObject(
  name: ObjectName,
  options: ExamineOptions,
  findings: OpenFindings,
  proofs: ProofsToRecord,
  signal: AbortSignal,
): Promise<Examined> {
  const { root, index, clock, hasJob } = options;
  const record = index.get(name);
  if (record?.state !== 'confirmed' || hasJob(name)) return 'skipped';
  const ref = { container: root.container, key: root.prefix + name };
  const result = await readBack({ backend: root.backend, clock }, ref, record, signal);
  const now = index.get(name);
  // A job has replaced the object meanwhile, or is about to: what was read says nothing of it.
  if (now === undefined || !isSameObject(now, record) || hasJob(name)) return 'skipped';
  if (result.verdict === 'proven') {
    findings.over(name);
    await proofs.add({ name, record, atMs: clock.now() });
    return 'proven';
  }
  if (result.verdict === 'unreadable' || result.verdict === 'unverified') {
    findings.postpone(name, record);
    reportUnread(name, result, options);
    return result.verdict;
  }
  findings.found(name, record, result.verdict);
  await proofs.add({ name, record, atMs: undefined });
  await options.heal(name, damageOf(result), result.verdict === 'missing' ? '' : result.detail);
  return result.verdict;
}

function reportUnread(
  name: ObjectName,
  result: Extract<ReadBack, { verdict: 'unreadable' | 'unverified' }>,
  { mirror, log }: ExamineOptions,
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
