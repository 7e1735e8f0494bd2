import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../src/config/secret.js';
import { fieldName, journalEntry, LARGEST_ENTRY } from '../../src/log/journal-entry.js';
import { type Entry, textLine } from '../../src/log/line.js';

/** Reads an entry back as systemd.io/JOURNAL_NATIVE_PROTOCOL has it; throws where it is malformed. */
function parse(bytes: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new Error('a field without an end');
    const head = bytes.toString('utf8', at, end);
    const equals = head.indexOf('=');
    if (equals > 0) {
      fields[head.slice(0, equals)] = head.slice(equals + 1);
      at = end + 1;
      continue;
    }
    const length = Number(bytes.readBigUInt64LE(end + 1));
    const value = bytes.subarray(end + 9, end + 9 + length);
    if (value.length !== length || bytes[end + 9 + length] !== 10)
      throw new Error('a wrong length');
    fields[head] = value.toString();
    at = end + 10 + length;
  }
  return fields;
}

const entry = (fields: Entry['fields'], event = 'object failed'): Entry => ({
  level: 'warn',
  event,
  fields,
  timeMs: undefined,
});
const fieldsOf = (fields: Entry['fields'], event?: string) => {
  const given = entry(fields, event);
  return parse(journalEntry(given, textLine(given)));
};

test('journal: an entry has the line, its priority, and its fields in capital letters', () => {
  expect(fieldsOf({ mirror: 'documents', name: 'a b.txt', retryMs: 5, passing: false })).toEqual({
    MESSAGE: 'warn object failed mirror=documents name="a b.txt" retryMs=5 passing=false',
    PRIORITY: '4',
    SYSLOG_IDENTIFIER: 'longshore',
    EVENT: 'object failed',
    MIRROR: 'documents',
    OBJECT: 'a b.txt',
    RETRY_MS: '5',
    PASSING: 'false',
  });
});

test('journal: a path that a mirror skips is an object, too; a name of anything else is not', () => {
  expect(fieldsOf({ mirror: 'documents', path: 'x' })).toMatchObject({ OBJECT: 'x' });
  expect(fieldsOf({ name: 'x', path: '/y' })).toMatchObject({ NAME: 'x', PATH: '/y' });
  expect(fieldsOf({ name: 'x' })).not.toHaveProperty('OBJECT');
});

test('journal: a value of several lines goes by its length, and cannot bring another field', () => {
  const name = 'a\nPRIORITY=0\n_SYSTEMD_UNIT=ssh.service';
  expect(fieldsOf({ mirror: 'm', name })).toMatchObject({ OBJECT: name, PRIORITY: '4' });
});

test('journal: what could act on a terminal is escaped in every field', () => {
  const { OBJECT, MESSAGE, EVENT } = fieldsOf(
    { mirror: 'm', name: 'a\u001b[2Jb\u202e' },
    'e\u0007',
  );
  expect([OBJECT, EVENT]).toEqual(['a\\u001b[2Jb\\u202e', 'e\\u0007']);
  expect(MESSAGE).not.toMatch(/[\u001b\u202e\u0007]/);
});

test('journal: any fields make a sound entry of a bounded size', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, fc.dictionary(text, fc.anything()), (event, fields) => {
      const bytes = journalEntry(entry(fields, event), textLine(entry(fields, event)));
      expect(bytes.length).toBeLessThanOrEqual(LARGEST_ENTRY);
      const parsed = parse(bytes);
      for (const [name, value] of Object.entries(parsed)) {
        expect(name).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
        expect(value).not.toMatch(/[^\P{Cc}\n]/u);
      }
      expect(parsed).toMatchObject({ PRIORITY: '4', SYSLOG_IDENTIFIER: 'longshore' });
    }),
    { numRuns: 50 },
  );
});

test('journal: a long message is cut at a whole character, and fields that do not fit are skipped', () => {
  const long = 'ü'.repeat(100_000);
  const fields = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field${i}`, long]));
  const given = entry({ mirror: 'm', ...fields });
  const bytes = journalEntry(given, textLine(given));
  expect(bytes.length).toBeLessThanOrEqual(LARGEST_ENTRY);
  const parsed = parse(bytes);
  expect(parsed['MIRROR']).toBe('m');
  for (const value of Object.values(parsed)) expect(value).not.toContain('\ufffd');
  expect(parsed['MESSAGE']?.endsWith('…')).toBe(true);
});

test('journal: fields that mean something to the journal get another name', () => {
  expect(fieldName('unit')).toBe('LOG_UNIT'); // else `journalctl --unit` would find it
  expect(fieldName('message')).toBe('LOG_MESSAGE');
  expect(fieldName('_pid')).toBe('PID');
  expect(fieldName('…')).toBe(undefined);
  expect(fieldName('x'.repeat(200))?.length).toBeLessThanOrEqual(64);
});

test('P9: a secret is [secret] in every field of an entry, however deep it sits', () => {
  const secret = new Secret({ literal: 'hunter2' }, { folder: '/', env: {} });
  secret.reveal();
  const given = entry({
    key: secret,
    settings: { s3: [{ secret }] },
    map: new Map([['a', secret]]),
  });
  const text = journalEntry(given, textLine(given)).toString();
  expect(text).toContain('KEY=[secret]');
  expect(text).not.toContain('hunter2');
});
