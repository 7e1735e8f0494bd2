import { escapeUnprintable } from '../printable.js';
import { duration, lagText } from '../status/units.js';
import type { Announcement, MessageKind } from './alert-step.js';
import type { Seen } from './seen.js';

/** What a channel delivers; plain JSON, kept in the state folder until it is delivered. */
export interface Message {
  /** The same in each attempt to deliver it. */
  readonly id: string;
  readonly kind: MessageKind | 'test';
  /** Empty in a test. */
  readonly mirror: string;
  /** What is wrong, or was: a state of the mirror, or `damaged`. */
  readonly condition: string;
  /** For people. */
  readonly why: string;
  readonly lastedSeconds: number;
  /** Null: not known. */
  readonly lagSeconds: number | null;
  /** Name of this machine. */
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly title: string;
  readonly text: string;
}

/** Characters of the reason that a message quotes: it may have the answer of a server in it. */
const LONGEST_WHY = 500;

export interface MessageFacts {
  readonly id: string;
  readonly mirror: string;
  readonly host: string;
  readonly atMs: number;
}

/** Pure: the words for an announcement. */
export function messageOf(
  { kind, condition, lastedMs }: Announcement,
  seen: Seen,
  { id, mirror, host, atMs }: MessageFacts,
): Message {
  const lastedSeconds = Math.round(lastedMs / 1000);
  const lasted = duration(lastedSeconds);
  const why = kind === 'recovery' ? '' : shortened(escapeUnprintable(seen.why));
  const lines =
    kind === 'recovery'
      ? [`It was ${condition} for ${lasted}, and is ${seen.condition} now.`]
      : [
          ...(why === '' ? [] : [why]),
          ...(seen.lagSeconds === 0 ? [] : [`Lag: ${lagText(seen.lagSeconds)}.`]),
          `It has lasted for ${lasted}. See: longshore status ${mirror}`,
        ];
  const titles: Readonly<Record<MessageKind, string>> = {
    alarm: `longshore: ${mirror} is ${condition}`,
    reminder: `longshore: ${mirror} is still ${condition}`,
    recovery: `longshore: ${mirror} has recovered`,
  };
  return {
    id,
    kind,
    mirror,
    condition,
    why,
    lastedSeconds,
    lagSeconds: seen.lagSeconds,
    host,
    atMs,
    title: `${titles[kind]} on ${host}`,
    text: lines.join('\n'),
  };
}

/** What `longshore notify test` sends. */
export function testMessage({ id, host, atMs }: Omit<MessageFacts, 'mirror'>): Message {
  return {
    id,
    kind: 'test',
    mirror: '',
    condition: '',
    why: '',
    lastedSeconds: 0,
    lagSeconds: null,
    host,
    atMs,
    title: `longshore: test message from ${host}`,
    text: 'Messages about mirrors that need a person will arrive here.',
  };
}

function shortened(text: string): string {
  return text.length > LONGEST_WHY ? `${text.slice(0, LONGEST_WHY - 1)}…` : text;
}
