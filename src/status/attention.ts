import type { MirrorState } from '../sync/events.js';
import type { NotificationRow } from './schema-notifications.js';
import {
  ATTENTION_KINDS,
  type Attention,
  type AttentionKind,
  type MirrorRow,
} from './schema-status.js';
import { counted, duration } from './units.js';

/** What the attention of one mirror follows from. */
export interface AttentionFacts {
  readonly row: MirrorRow;
  /** As the mirror itself says it. */
  readonly state: MirrorState;
  readonly heldSinceMs: number | null;
  readonly heldWhy: string;
  readonly degradedFolders: number;
  /** The first failure of an object that is still quarantined; null: none is. */
  readonly quarantinedSinceMs: number | null;
  /** Undefined: not much more is excluded than within the last day. */
  readonly excludedJump: { readonly more: number; readonly sinceMs: number } | undefined;
}

/** The configuration file is another one than was loaded. */
export interface ConfigOnDisk {
  /** When it was written, as far as that is known. */
  readonly sinceMs: number;
  /** Whether it could be loaded. */
  readonly valid: boolean;
}

/** States that stop a mirror, and whether a person is to act. */
const STOPPED: Readonly<Partial<Record<MirrorState, AttentionKind>>> = {
  'target-down': 'target-down',
  'target-changed': 'target-down',
  'target-denied': 'target-down',
  'target-full': 'target-down',
  'source-missing': 'source',
  'source-changed': 'source',
  'lease-lost': 'lease',
  'target-held': 'lease',
  'state-unavailable': 'state',
};

/** What about these mirrors a person should know, most urgent first; the longest of a kind before the others. */
export function attentionOf(
  mirrors: readonly AttentionFacts[],
  config?: ConfigOnDisk,
  notifications: readonly NotificationRow[] = [],
): readonly Attention[] {
  return [
    ...mirrors.flatMap(ofMirror),
    ...ofConfig(config),
    ...notifications.flatMap(ofNotification),
  ].sort(byUrgency);
}

/** A receiver that did not take the last message: a person who waits for messages learns nothing. */
function ofNotification({ name, ok, lastMs, detail }: NotificationRow): readonly Attention[] {
  if (ok !== false) return [];
  return [
    {
      kind: 'notification',
      mirror: null,
      target: null,
      needsYou: false,
      text: `${name} did not take the last message: ${detail}`,
      sinceMs: lastMs,
    },
  ];
}

function ofConfig(config: ConfigOnDisk | undefined): readonly Attention[] {
  if (config === undefined) return [];
  const text = config.valid
    ? 'the configuration file is not the one that is loaded: see longshore reload'
    : 'the configuration file is not the one that is loaded, and is not valid: see longshore check';
  return [
    {
      kind: 'configuration',
      mirror: null,
      target: null,
      needsYou: false,
      text,
      sinceMs: config.sinceMs,
    },
  ];
}

function byUrgency(a: Attention, b: Attention): number {
  const ranks = ATTENTION_KINDS.indexOf(a.kind) - ATTENTION_KINDS.indexOf(b.kind);
  if (a.needsYou !== b.needsYou) return a.needsYou ? -1 : 1;
  return ranks !== 0 ? ranks : (a.sinceMs ?? 0) - (b.sinceMs ?? 0);
}

function ofMirror(facts: AttentionFacts): readonly Attention[] {
  const { row, state, heldSinceMs, heldWhy, degradedFolders, quarantinedSinceMs } = facts;
  const { excludedJump } = facts;
  const base = { mirror: row.mirror, target: null };
  const found: Attention[] = [];
  if (heldSinceMs !== null)
    found.push({
      ...base,
      kind: 'held',
      needsYou: true,
      text: `${counted(row.held, 'delete or overwrite waits', 'deletes and overwrites wait')} for a decision: ${heldWhy}`,
      sinceMs: heldSinceMs,
    });
  const stopped = STOPPED[state];
  if (stopped !== undefined)
    found.push({
      ...base,
      kind: stopped,
      target: stopped === 'target-down' ? row.target : null,
      needsYou: true,
      text: row.why,
      sinceMs: row.sinceMs,
    });
  if (row.pausedUntilMs !== null)
    found.push({ ...base, kind: 'paused', needsYou: false, text: row.why, sinceMs: row.sinceMs });
  if (isBehind(row))
    found.push({
      ...base,
      kind: 'behind',
      needsYou: false,
      text: `the oldest change that waits is ${duration(row.lagSeconds ?? 0)} old; ${duration(row.lagTargetSeconds)} are the target`,
      sinceMs: row.currentToMs,
    });
  if (degradedFolders > 0)
    found.push({
      ...base,
      kind: 'watch',
      needsYou: false,
      text: `${counted(degradedFolders, 'folder is', 'folders are')} not watched, but scanned on a timer`,
      sinceMs: null,
    });
  if (excludedJump !== undefined)
    found.push({
      ...base,
      kind: 'excluded',
      needsYou: false,
      text: `${counted(excludedJump.more, 'more entry is', 'more entries are')} excluded than within the last day: is that meant?`,
      sinceMs: excludedJump.sinceMs,
    });
  if (row.quarantined > 0)
    found.push({
      ...base,
      kind: 'quarantined',
      needsYou: false,
      text: `${counted(row.quarantined, 'object')} failed repeatedly and ${row.quarantined === 1 ? 'is' : 'are'} tried rarely`,
      sinceMs: quarantinedSinceMs,
    });
  return found;
}

/** Whether the lag is above its target. A lag that is not known is not. */
export function isBehind({
  lagSeconds,
  lagTargetSeconds,
}: Pick<MirrorRow, 'lagSeconds' | 'lagTargetSeconds'>): boolean {
  return lagSeconds !== null && lagSeconds > lagTargetSeconds;
}
