import type { Clock } from '../../clock.js';
import type { Notice } from '../notice.js';
import type { SwiftClient } from './client.js';
import type { SwiftSettings } from './settings.js';

/** What every operation works with. */
export interface SwiftContext {
  readonly client: SwiftClient;
  readonly settings: SwiftSettings;
  readonly clock: Clock;
  readonly notice: Notice;
  /** Containers in which this client has seen an object that is made of others. */
  readonly withLarge: Set<string>;
}

/** For copies, manifests and bulk deletes, which a service may work on for minutes before it answers. */
export const SLOW_ANSWER_MS = 15 * 60_000;
