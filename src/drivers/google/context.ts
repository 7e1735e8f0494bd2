import type { Clock } from '../../clock.js';
import type { Call } from '../call.js';
import type { Notice } from '../notice.js';
import type { Signer } from './auth/credentials.js';
import type { GoogleClient } from './client.js';
import type { GoogleSettings } from './settings.js';

/** What every operation works with. */
export interface GoogleContext {
  readonly client: GoogleClient;
  readonly settings: GoogleSettings;
  readonly clock: Clock;
  readonly notice: Notice;
  /** See Credentials; undefined for anonymous access, too. */
  readonly signer: (call: Call) => Promise<Signer | undefined>;
}

/** For copies, completions and batches, which a service may work on for minutes before it answers. */
export const SLOW_ANSWER_MS = 15 * 60_000;
