import type { Job } from '../../../src/sync/work/job.js';

/** A job for a small file, found by run 1. */
export function testJob(name: string, fields: Partial<Job> = {}): Job {
  return {
    key: name,
    lane: 'small',
    mirror: 'm',
    name,
    run: 1,
    since: null,
    attempt: 1,
    remote: 'unknown',
    listedIn: 1,
    ...fields,
  };
}
