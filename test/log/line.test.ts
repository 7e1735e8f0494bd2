import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../src/config/secret.js';
import { type Entry, jsonLine, textLine } from '../../src/log/line.js';

const AT = Date.UTC(2026, 10, 22, 14, 41, 47, 123);
const entry = (fields: Entry['fields'], event = 'upload failed'): Entry => ({
  level: 'warn',
  event,
  fields,
  timeMs: AT,
});

const secret = new Secret({ literal: 'hunter2' }, { folder: '/', env: {} });

test('a text line is time, level, event and the fields', () => {
  expect(
    textLine(
      entry({
        mirror: 'documents',
        name: 'a b.txt',
        bytes: 12,
        empty: '',
        missing: undefined,
        big: 5n,
        on: true,
      }),
    ),
  ).toBe(
    '2026-11-22T14:41:47.123Z warn upload failed mirror=documents name="a b.txt" bytes=12 empty="" big=5 on=true',
  );
});

test('a JSON line is one object, whose own keys a field cannot take', () => {
  expect(
    JSON.parse(
      jsonLine(entry({ level: 7, event: 'done', big: 5n, nan: Number.NaN, list: [1, { two: 2 }] })),
    ),
  ).toEqual({
    time: '2026-11-22T14:41:47.123Z',
    level: 'warn',
    event: 'upload failed',
    level_: 7,
    event_: 'done',
    big: '5',
    nan: 'NaN',
    list: [1, { two: 2 }],
  });
});

test('no line holds a control character, whatever the event, the keys and the values are', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, fc.dictionary(text, fc.anything()), (event, fields) => {
      for (const line of [textLine(entry(fields, event)), jsonLine(entry(fields, event))]) {
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
      }
      expect(() => JSON.parse(jsonLine(entry(fields, event)))).not.toThrow();
    }),
  );
});

test('a value that looks like another field stays inside its own', () => {
  expect(textLine(entry({ name: 'x level=error' }, 'e'))).toMatch(/ name="x level=error"$/);
});

test('an error is written with its name, message, code and causes, and without its stack', () => {
  const refused = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
  const error = new TypeError('put failed', {
    cause: new AggregateError([refused], 'all addresses failed'),
  });
  expect(textLine(entry({ error }, 'e'))).toMatch(
    / error="TypeError: put failed; because of AggregateError: all addresses failed; because of Error: connect refused \(ECONNREFUSED\)"$/,
  );
  expect(JSON.parse(jsonLine(entry({ error }))).error).toEqual({
    name: 'TypeError',
    message: 'put failed',
    cause: {
      name: 'AggregateError',
      message: 'all addresses failed',
      cause: { name: 'Error', message: 'connect refused', code: 'ECONNREFUSED' },
    },
  });
});

test('an error that is its own cause, a cycle and a throwing getter end', () => {
  const error = new Error('again');
  error.cause = error;
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  const throwing = {
    get broken(): never {
      throw new Error('no');
    },
  };
  for (const write of [textLine, jsonLine]) {
    expect(write(entry({ error, loop, throwing })).length).toBeLessThan(2000);
  }
});

test('P9: a secret prints as [secret], however deep it sits', () => {
  for (const write of [textLine, jsonLine]) {
    const line = write(
      entry({
        key: secret,
        settings: { s3: [{ secret }] },
        headers: new Map([['authorization', secret]]),
      }),
    );
    expect(line).toContain('[secret]');
    expect(line).not.toContain('hunter2');
  }
});

test('bytes and very long values are cut', () => {
  expect(textLine(entry({ body: Buffer.alloc(5) }))).toContain('body="[5 bytes]"');
  expect(textLine(entry({ body: 'x'.repeat(100_000) })).length).toBeLessThan(10_000);
  expect(
    jsonLine(entry({ names: Array.from({ length: 10_000 }, (_, i) => i) })).length,
  ).toBeLessThan(1_000);
});
