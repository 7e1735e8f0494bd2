import type { Exclusions } from '../../watcher/exclusion.js';
import type { ScanSummary } from '../scan/scan-items.js';

/** What a scan of the whole source has found. */
export interface SourceSize {
  /** Of files that are mirrored. */
  readonly bytes: number;
  readonly exclusions: Exclusions;
  /** Objects that stay because rules exclude their files. */
  readonly excludedObjects: number;
}

/** What the last scan of the whole source has found since the start of the process. */
export interface SeenSource {
  saw(summary: Pick<ScanSummary, 'bytes' | 'exclusions' | 'excluded'>): void;
  /** Undefined: no such scan has finished. */
  readonly last: SourceSize | undefined;
}

export function createSeenSource(): SeenSource {
  let last: SourceSize | undefined;
  return {
    saw({ bytes, exclusions, excluded }) {
      last = { bytes, exclusions, excludedObjects: excluded };
    },
    get last() {
      return last;
    },
  };
}
