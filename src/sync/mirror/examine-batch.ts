import type { ObjectRecord } from '../../state/object-index.js';
import {
  READ_BACK_BYTES,
  READ_BACK_OBJECTS,
  type RecordedContent,
  type RemoteReadBack,
  recordedContent,
} from '../proof/batch-read-back.js';
import type { ProofCandidate } from '../proof/oldest-proofs.js';
import { isSameObject } from '../proof/prove.js';
import { type Examined, type ExamineOptions, examineObject } from './examine-object.js';
import type { ProofsToRecord } from './proofs-to-record.js';
import type { OpenFindings } from './scrub-findings.js';

export interface ExamineBatchOptions extends ExamineOptions {
  /** Undefined: no other process works for the mirror. */
  readonly remote: RemoteReadBack | undefined;
  /** Bytes that another process is asked to read at once; an object with more is read here. */
  readonly mostBytes: number;
  /** Resolves when the mirror is not paused, and its target is up. */
  readonly whenUp: (signal: AbortSignal) => Promise<void>;
}

export interface ExaminedObject {
  readonly candidate: ProofCandidate;
  readonly found: Examined;
}

/** Fewer objects, with fewer bytes, are read here: a job through a queue and back takes its time, too. */
const FEWEST_ELSEWHERE = 16;
const FEWEST_BYTES_ELSEWHERE = 16 * 1024 * 1024;

/**
 * Objects for one examineBatch each: many while another process is free to read them, else single ones. Only a single object has
 * more than `mostBytes`.
 */
export async function* batchesOf(
  candidates: AsyncIterable<ProofCandidate> | Iterable<ProofCandidate>,
  { remote, mostBytes }: Pick<ExamineBatchOptions, 'remote' | 'mostBytes'>,
): AsyncGenerator<readonly ProofCandidate[], void> {
  const atOnce = Math.min(mostBytes, READ_BACK_BYTES);
  let batch: ProofCandidate[] = [];
  let bytes = 0;
  for await (const candidate of candidates) {
    if (batch.length > 0 && bytes + candidate.size > atOnce) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(candidate);
    bytes += candidate.size;
    const most = remote?.takes() === true ? READ_BACK_OBJECTS : 1;
    if (batch.length < most && bytes < atOnce) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function isForOthers(batch: readonly ProofCandidate[], mostBytes: number): boolean {
  const bytes = batch.reduce((sum, { size }) => sum + size, 0);
  if (bytes > mostBytes) return false;
  return batch.length >= FEWEST_ELSEWHERE || bytes >= FEWEST_BYTES_ELSEWHERE;
}

/**
 * Has objects read back in another process, where one is free. An object that is not proven there is read here, which says what
 * is wrong with it: no other process decides that.
 */
export async function* examineBatch(
  batch: readonly ProofCandidate[],
  options: ExamineBatchOptions,
  findings: OpenFindings,
  proofs: ProofsToRecord,
  signal: AbortSignal,
): AsyncGenerator<ExaminedObject, void> {
  const atMs = options.clock.now();
  const proven = await provenElsewhere(batch, options, signal);
  for (const candidate of batch) {
    const { name } = candidate;
    const record = proven.get(name);
    const now = options.index.get(name);
    if (record === undefined || now === undefined || !isSameObject(now, record)) {
      await options.whenUp(signal);
      const found = await examineObject(name, options, findings, proofs, signal);
      yield { candidate, found };
      continue;
    }
    findings.over(name);
    await proofs.add({ name, record, atMs });
    yield { candidate, found: 'proven' };
  }
}

/** The records of the objects that another process has proven. */
async function provenElsewhere(
  batch: readonly ProofCandidate[],
  { mirror, remote, mostBytes, whenUp, index, hasJob, log }: ExamineBatchOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectRecord>> {
  if (remote === undefined || !isForOthers(batch, mostBytes)) return new Map();
  await whenUp(signal);
  if (!remote.takes()) return new Map();
  const records = new Map<string, ObjectRecord>();
  const objects: RecordedContent[] = [];
  for (const { name } of batch) {
    const record = hasJob(name) ? undefined : index.get(name);
    const content = record && recordedContent(name, record);
    if (record === undefined || content === undefined) continue;
    records.set(name, record);
    objects.push(content);
  }
  if (objects.length === 0) return records;
  try {
    const proven = await remote.readBack(objects, signal);
    for (const [row, { name }] of objects.entries()) if (proven[row] !== true) records.delete(name);
    return records;
  } catch (error) {
    signal.throwIfAborted();
    log.debug('read-back elsewhere failed', { mirror, error });
    return new Map();
  }
}
