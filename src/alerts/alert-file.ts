import type { Logger } from '../log.js';
import { readIfPresent, writeDurably } from '../state/durable-file.js';
import type { AlertState } from './alert-step.js';
import type { Message } from './message.js';

/** What is kept of one channel over restarts; plain JSON. */
export interface KeptChannel {
  /** By mirror; a mirror that is well is missing. */
  readonly mirrors: Readonly<Record<string, AlertState>>;
  /** Messages that were not delivered yet, oldest first. */
  readonly waiting: readonly Message[];
}

export interface KeptAlerts {
  /** Milliseconds since the epoch. */
  readonly savedAtMs: number;
  readonly channels: Readonly<Record<string, KeptChannel>>;
}

/** Name of the file in the state folder. Only the process that holds the lock of the folder may use it. */
export const ALERT_FILE = 'alerts.json';

const VERSION = 1;

/** What was kept; undefined when there is nothing, or nothing that can be read: that is logged, and stops nothing. */
export async function readAlerts(
  path: string,
  log: Pick<Logger, 'warn'>,
): Promise<KeptAlerts | undefined> {
  try {
    const text = await readIfPresent(path);
    return text === undefined ? undefined : keptIn(JSON.parse(text));
  } catch (error) {
    log.warn('alert state not read', { path, error });
    return undefined;
  }
}

/** Resolves when it is on the disk, or when the failure was logged: a message is then sent all the same. */
export async function writeAlerts(
  path: string,
  kept: KeptAlerts,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  try {
    await writeDurably(path, `${JSON.stringify({ version: VERSION, ...kept }, undefined, 1)}\n`);
  } catch (error) {
    log.warn('alert state not saved', { path, error });
  }
}

function keptIn(json: unknown): KeptAlerts {
  if (!isRecord(json) || json['version'] !== VERSION)
    throw new Error('it is of another version of longshore, or damaged');
  const { savedAtMs, channels } = json;
  if (typeof savedAtMs !== 'number' || !isRecord(channels)) throw new Error('it is damaged');
  const known = Object.entries(channels).map(([name, kept]): [string, KeptChannel] => {
    if (!isRecord(kept) || !isRecord(kept['mirrors']) || !Array.isArray(kept['waiting']))
      throw new Error('it is damaged');
    const mirrors = kept['mirrors'] as Readonly<Record<string, AlertState>>;
    for (const state of Object.values(mirrors)) checkState(state);
    return [name, { mirrors, waiting: kept['waiting'] as readonly Message[] }];
  });
  return { savedAtMs, channels: Object.fromEntries(known) };
}

function checkState(state: AlertState): void {
  const isKnown = ['quiet', 'pending', 'alarmed'].includes(state?.phase);
  if (!isKnown || (state.phase !== 'quiet' && !Number.isFinite(state.lastedMs)))
    throw new Error('it is damaged');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
