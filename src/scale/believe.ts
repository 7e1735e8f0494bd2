import type { Logger } from '../log.js';
import { DamagedColumnsError } from './column-bytes.js';
import type { DispatchedAnswer, PackedJob } from './dispatcher.js';

/**
 * What a worker's answer to a job says. Nothing of an answer is believed that cannot be one to this job: that is logged, and
 * throws DamagedColumnsError.
 */
export function believe<T>(
  { kind, mirror }: Pick<PackedJob, 'kind' | 'mirror'>,
  { payload, worker }: DispatchedAnswer,
  log: Pick<Logger, 'warn'>,
  unpack: (payload: string) => T,
): T {
  try {
    return unpack(payload);
  } catch (error) {
    if (error instanceof DamagedColumnsError)
      log.warn('answer of a worker refused', { mirror, kind, worker, detail: error.message });
    throw error;
  }
}
