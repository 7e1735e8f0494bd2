import type { Clock } from '../../clock.js';
import type { S3Client } from './client.js';
import type { ConditionalWrites } from './conditional-write.js';
import type { EtagMeaning } from './etag.js';
import type { ObjectHeaders } from './object-headers.js';
import type { Profile } from './profiles.js';
import type { S3Settings } from './settings.js';
import type { StreamedBodies } from './streamed-bodies.js';

/** What every operation works with. */
export interface S3Context {
  readonly client: S3Client;
  readonly profile: Profile;
  readonly settings: S3Settings;
  readonly etags: EtagMeaning;
  readonly headers: ObjectHeaders;
  readonly conditions: ConditionalWrites;
  readonly streams: StreamedBodies;
  readonly clock: Clock;
}

/** For copies and completions, which a provider may work on for minutes before it answers. */
export const SLOW_ANSWER_MS = 15 * 60_000;
