import { escapeUnprintable } from '../printable.js';
import { type Entry, PRIORITY } from './line.js';
import { errorText, plain } from './plain.js';

/*
 * Lines of the log as entries of systemd's journal, in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram
 * an entry, one field after the other.
 */

/** A line of the journal is read in a terminal. The journal itself cuts what comes by stderr at 48 KiB (LineMax=). */
const LONGEST_MESSAGE = 32 * 1024;
const LONGEST_VALUE = 8 * 1024;
/**
 * Bytes of one entry. A datagram holds some more than this with the kernel's defaults (net.core.wmem_default); larger entries
 * would go by memfd, and say nothing that a person would read. Fields that do not fit any more are not in the entry.
 */
export const LARGEST_ENTRY = 64 * 1024;

/** Fields that mean something else to the journal, or to programs that read it: systemd.journal-fields(7). */
const TAKEN =
  /^(?:MESSAGE|MESSAGE_ID|PRIORITY|CODE_.*|ERRNO|SYSLOG_.*|DOCUMENTATION|TID|UNIT|USER_UNIT|INVOCATION_ID|USER_INVOCATION_ID|COREDUMP.*|OBJECT_.*|JOB_.*|RESULT|EVENT|OBJECT)$/;

/** An entry with the priority, the line itself, the event's text, and each field under its name in capital letters. */
export function journalEntry(entry: Entry, line: string): Buffer {
  const head = [
    field('MESSAGE', cut(line, LONGEST_MESSAGE)),
    field('PRIORITY', String(PRIORITY[entry.level])),
    field('SYSLOG_IDENTIFIER', 'longshore'),
    field('EVENT', cut(escaped(entry.event), LONGEST_VALUE)),
  ];
  const parts = [...head];
  let size = head.reduce((sum, { length }) => sum + length, 0);
  for (const [name, value] of fieldsOf(entry)) {
    const part = field(name, cut(escaped(value), LONGEST_VALUE));
    if (size + part.length > LARGEST_ENTRY) continue;
    parts.push(part);
    size += part.length;
  }
  return Buffer.concat(parts);
}

/** An object's name is in OBJECT, whatever the line calls it, so that `journalctl OBJECT=a.txt` finds all that is said of it. */
function* fieldsOf({ fields }: Entry): Generator<readonly [string, string]> {
  for (const [key, value] of Object.entries(fields)) {
    const text = valueText(value);
    if (text === undefined) continue;
    const ofObject = fields['mirror'] !== undefined && (key === 'name' || key === 'path');
    const name = ofObject ? 'OBJECT' : fieldName(key);
    if (name !== undefined) yield [name, text];
  }
}

function valueText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Error) return errorText(value);
  const reduced = plain(value);
  return typeof reduced === 'string' ? reduced : JSON.stringify(reduced);
}

/**
 * `retryMs` becomes RETRY_MS. Names have up to 64 capital letters, digits and underscores, and begin with a letter; undefined:
 * nothing of the key is left.
 */
export function fieldName(key: string): string | undefined {
  const name = key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^[_0-9]+/, '')
    .slice(0, 60);
  if (name === '') return undefined;
  return TAKEN.test(name) ? `LOG_${name}` : name;
}

/** Escapes what could act on a terminal (`journalctl --field` prints values raw), but for line breaks, which the journal keeps. */
function escaped(text: string): string {
  return text.split('\n').map(escapeUnprintable).join('\n');
}

/** `NAME=value`, or for a value of more than one line its name, its length as 64 bits, little endian, and the value. */
function field(name: string, value: string): Buffer {
  const bytes = Buffer.from(value);
  if (!bytes.includes(10)) return Buffer.concat([Buffer.from(`${name}=`), bytes, NEWLINE]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, NEWLINE]);
}

const NEWLINE = Buffer.from('\n');

/** At most so many bytes of UTF-8, without half a character at the end. */
function cut(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const whole = Buffer.from(text);
  let end = bytes - 3; // for the mark of the cut
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1; // the middle of a character: RFC 3629
  return `${whole.toString('utf8', 0, end)}…`;
}
