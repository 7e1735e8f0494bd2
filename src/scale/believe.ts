import { DamagedColumnsError } from './column-bytes.js';
import type { DispatchedAnswer, PackedJob } from './dispatcher.js';
import type { WorkerAnswers } from './worker-answers.js';

/**
 * What a worker's answer to a job says. Nothing of an answer is believed that cannot be one to this job: that is noted, and
 * throws DamagedColumnsError.
 */
export function believe<T>(
  { kind, mirror }: Pick<PackedJob, 'kind' | 'mirror'>,
  { payload, worker }: DispatchedAnswer,
  answers: Pick<WorkerAnswers, 'refused'>,
  unpack: (payload: string) => T,
): T {
  try {
    return unpack(payload);
  } catch (error) {
    if (error instanceof DamagedColumnsError)
      answers.refused({ mirror, kind, worker }, error.message);
    throw error;
  }
}
