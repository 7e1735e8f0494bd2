import type { Clock } from '../../clock.js';
import type { Notice } from '../notice.js';
import type { AzureClient } from './client.js';
import type { AzureSettings } from './settings.js';

/** What every operation works with. */
export interface AzureContext {
  readonly client: AzureClient;
  readonly settings: AzureSettings;
  readonly clock: Clock;
  readonly notice: Notice;
}

/** For commits of many blocks and copies, over which the service may take minutes before it answers. */
export const SLOW_ANSWER_MS = 15 * 60_000;
