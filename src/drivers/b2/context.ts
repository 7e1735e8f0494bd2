import type { Clock } from '../../clock.js';
import type { Buckets } from './buckets.js';
import type { B2Client } from './client.js';
import type { B2Settings } from './settings.js';
import type { UploadUrls } from './upload-urls.js';

/** What every operation works with. */
export interface B2Context {
  readonly client: B2Client;
  readonly buckets: Buckets;
  /** For whole files, by bucket. */
  readonly fileUrls: UploadUrls;
  /** For parts, by large file. */
  readonly partUrls: UploadUrls;
  readonly settings: B2Settings;
  readonly clock: Clock;
}

/** For copies, and for large files that are put together, over which B2 may take minutes. */
export const SLOW_ANSWER_MS = 15 * 60_000;
