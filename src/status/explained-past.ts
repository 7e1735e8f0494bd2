import type { ObjectRecord } from '../state/object-index.js';
import type { HistoryEntry } from './object-history.js';
import type { WhyStep } from './schema-why.js';
import { bytes, duration } from './units.js';

/** What the index says of the object. */
export function storedSteps(record: ObjectRecord | undefined): readonly WhyStep[] {
  if (record === undefined)
    return [{ step: 'stored', atMs: null, text: 'the index has no object of this name' }];
  const { state, size, etag, versionId, hashedAtMs, provenAtMs } = record;
  const version = {
    ...(etag !== undefined && { etag }),
    ...(versionId !== undefined && { versionId }),
  };
  const stored: WhyStep = {
    step: 'stored',
    atMs: hashedAtMs,
    text:
      state === 'confirmed'
        ? `the object has ${bytes(size)}, read from the file at this time; the provider confirmed its checksum`
        : `the upload of ${bytes(size)} was begun, and has not been confirmed`,
    bytes: size,
    ...version,
  };
  return provenAtMs === undefined
    ? [stored]
    : [
        stored,
        {
          step: 'read-back',
          atMs: provenAtMs,
          text: 'the object was read back, and is what was sent',
        },
      ];
}

/** Something that happened to the object. */
export function historyStep(entry: HistoryEntry): WhyStep {
  const { atMs, what, job, detail, attempt, retryInMs } = entry;
  switch (what) {
    case 'done':
      return {
        step: 'done',
        atMs,
        text: `${job}: ${detail}; ${bytes(entry.bytes)} in ${duration(entry.seconds)}`,
        job,
        why: detail,
        bytes: entry.bytes,
      };
    case 'failed': {
      const next =
        retryInMs === null ? '' : `; the next attempt comes after ${duration(retryInMs / 1000)}`;
      return {
        step: 'attempt',
        atMs,
        text: `attempt ${attempt} of ${job} failed: ${detail}${next}`,
        job,
        number: attempt,
        error: detail,
      };
    }
    case 'held':
      return { step: 'held', atMs, text: `the guard held ${job}`, job };
    case 'skipped':
      return { step: 'skipped', atMs, text: `it was skipped: ${detail}`, why: detail };
  }
}
