import { isoTime } from '../clock.js';
import { escapeUnprintable, quoted } from '../printable.js';
import { errorText, plain } from './plain.js';

export type Level = 'error' | 'warn' | 'info' | 'debug';

/** The syslog priorities of sd-daemon(3), which are also winston's order of severity. */
export const PRIORITY: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

export type Fields = Readonly<Record<string, unknown>>;

export interface Entry {
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
  /** Milliseconds since the epoch, or undefined where the reader of the log stamps lines itself. */
  readonly timeMs: number | undefined;
}

const BARE = /^[^\s"=\\\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+$/u;

/** `2026-11-22T14:41:47.123Z warn upload failed mirror=documents name="a b.txt" error="…"` */
export function textLine({ level, event, fields, timeMs }: Entry): string {
  const parts = timeMs === undefined ? [] : [isoTime(timeMs)];
  parts.push(level, escapeUnprintable(event));
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${escapeUnprintable(key)}=${textValue(value)}`);
  }
  return parts.join(' ');
}

/** One JSON object: `time`, `level`, `event`, then the fields. A field of such a name gets an underscore behind it. */
export function jsonLine({ level, event, fields, timeMs }: Entry): string {
  const head = { ...(timeMs !== undefined && { time: isoTime(timeMs) }), level, event };
  const members = Object.entries(fields).map(
    ([key, value]) => [isReserved(key) ? `${key}_` : key, plain(value)] as const,
  );
  return escapeUnprintable(JSON.stringify({ ...head, ...Object.fromEntries(members) }));
}

function isReserved(key: string): boolean {
  return key === 'time' || key === 'level' || key === 'event';
}

function textValue(value: unknown): string {
  const text = value instanceof Error ? errorText(value) : textOf(plain(value));
  return BARE.test(text) ? text : quoted(text);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
