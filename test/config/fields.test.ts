import { describe, expect, it } from 'vitest';
import { duration, interval, percentage, size } from '../../src/config/amounts.js';
import type { ConfigContext, Schema } from '../../src/config/fields.js';
import {
  count,
  flag,
  folder,
  list,
  oneOf,
  read,
  secret,
  section,
  text,
} from '../../src/config/fields.js';
import { jsonSchema } from '../../src/config/json-schema.js';

const place: ConfigContext = {
  folder: '/etc/longshore',
  env: { HOME: '/home/ann', KEY: 'from the environment' },
};

function complaint(schema: Schema, written: unknown): string {
  const { complaints } = read(schema, written);
  if (complaints === undefined) throw new Error(`${JSON.stringify(written)} was accepted`);
  return complaints.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

function value<T>(schema: Schema<T>, written: unknown): T {
  const reading = read(schema, written);
  if (reading.complaints !== undefined) throw new Error(JSON.stringify(reading.complaints));
  return reading.value;
}

describe('fields', () => {
  it('says what was expected and what was got', () => {
    expect(complaint(text('t'), 2024)).toBe(': expected text, got 2024 (put it in quotes)');
    expect(complaint(text('t'), null)).toBe(': expected text, got nothing');
    expect(complaint(text('t'), undefined)).toBe(': missing; expected text');
    expect(complaint(text('t', { pattern: /^a+$/, rule: 'only the letter a' }), 'b')).toBe(
      ': expected only the letter a, got "b"',
    );
    expect(complaint(flag('f'), 'yes')).toBe(': expected true or false, got "yes"');
    expect(complaint(count('c', { min: 1, max: 9 }), 1.5)).toBe(
      ': expected a whole number from 1 to 9, got 1.5',
    );
    expect(complaint(count('c', { min: 1 }), 0)).toBe(
      ': expected a whole number of at least 1, got 0',
    );
    expect(complaint(oneOf('o', ['mirror', 'keep']), 'miror')).toBe(
      ': expected one of "mirror", "keep", got "miror"; did you mean "mirror"?',
    );
    expect(complaint(list('l', text('t')), 'a')).toBe(': expected a list, got "a"');
    expect(complaint(list('l', text('t')), ['a', {}])).toBe(
      '1: expected text, got a section of keys',
    );
    expect(complaint(folder('p', place), '')).toBe(': expected a path, got ""');
    expect(complaint(section('s', {}), ['x'])).toBe(': expected a section of keys, got a list');
  });

  it('keeps long values short in complaints', () => {
    expect(complaint(flag('f'), 'x'.repeat(100_000)).length).toBeLessThan(200);
  });

  it('reads sizes and durations, and names the unit that was meant', () => {
    expect(value(size('s'), '5MiB')).toBe(5_242_880);
    expect(value(size('s'), 512)).toBe(512);
    expect(complaint(size('s', { min: 5_242_880 }), '5mb')).toBe(
      ': expected a size such as "5MiB" of at least 5MiB, got "5mb" (5MB or 5MiB?)',
    );
    expect(complaint(size('s', { min: 5_242_880 }), '1MiB')).toContain(
      'of at least 5MiB, got "1MiB"',
    );
    expect(complaint(size('s'), -1)).toContain('got -1');
    expect(complaint(size('s'), 1.5)).toContain('got 1.5');
    expect(value(duration('d'), '6h')).toBe(21_600_000);
    expect(value(duration('d'), 0)).toBe(0);
    expect(value(interval('i', { min: 1000 }), '6h')).toBe(21_600_000);
    expect(value(interval('i', { min: 1000 }), 'auto')).toBe(0);
    expect(value(interval('i', { min: 1000 }), 'off')).toBe(Number.POSITIVE_INFINITY);
    for (const written of ['0', '999ms', 'on', -1])
      expect(complaint(interval('i', { min: 1000 }), written)).toContain(
        'expected "auto", "off" or a duration such as "6h" or "7d" of at least 1s',
      );
    expect(complaint(duration('d'), 30)).toContain('got 30');
    expect(complaint(duration('d', { max: 1000 }), '2s')).toContain('from 0 to 1s, got "2s"');
    expect(value(percentage('p'), '20%')).toBe(0.2);
    expect(complaint(percentage('p'), '120%')).toContain('got "120%"');
    expect(complaint(percentage('p'), 0.2)).toContain('got 0.2');
  });

  it('resolves folders from the configuration file', () => {
    expect(value(folder('f', place), './data')).toBe('/etc/longshore/data');
    expect(value(folder('f', place), '/srv//x/')).toBe('/srv/x');
    expect(value(folder('f', place), '~/x')).toBe('/home/ann/x');
    expect(value(folder('f', place), '~x')).toBe('/etc/longshore/~x');
    expect(complaint(folder('f', { folder: '/', env: {} }), '~/x')).toContain('HOME is not set');
  });

  it('refuses unknown keys, one complaint each, and suggests', () => {
    const schema = section('s', { exclude: text('e').optional(), include: text('i').optional() });
    expect(complaint(schema, { exlude: 'x', nonsense: 1 })).toBe(
      'exlude: unknown key "exlude"; did you mean "exclude"?\nnonsense: unknown key "nonsense"; known: exclude, include',
    );
    expect(complaint(schema, JSON.parse('{"__proto__": 1}'))).toContain('unknown key "__proto__"');
    expect(complaint(schema, { 'a\nb': 1, exlude: 2 })).toContain('exlude: unknown key "exlude"');
  });

  it('accepts other names of a key, but not both', () => {
    const schema = section('s', { root: text('r') }, { otherNames: { key: 'root' } });
    expect(value(schema, { key: 'x' })).toEqual({ root: 'x' });
    expect(value(schema, { root: 'x' })).toEqual({ root: 'x' });
    expect(complaint(schema, { root: 'x', key: 'y' })).toBe(
      'key: another name of a key that is given as well: keep one',
    );
    expect(complaint(schema, {})).toBe('root: missing; expected text');
  });

  it('P9: never repeats what was written in place of a secret', () => {
    const schema = secret('s', place);
    for (const written of [
      1234567,
      { env: 7654321 },
      { evn: 'hunter2' },
      ['hunter2'],
      { env: 'KEY', file: 'hunter2' },
      { credential: 'a/hunter2' },
      '',
    ]) {
      const said = complaint(schema, written);
      expect(said).toContain('expected a secret');
      expect(said).not.toMatch(/hunter2|1234567|7654321/);
    }
    expect(value(schema, { env: 'KEY' }).reveal()).toBe('from the environment');
    expect(value(schema, 'literal').literal).toBe(true);
  });

  it('describes itself as JSON Schema, other names included', () => {
    const schema = section(
      'A target.',
      { root: folder('Where.', place), fsync: flag('Durable.').default(true) },
      { otherNames: { key: 'root' } },
    );
    expect(jsonSchema(schema)).toEqual({
      type: 'object',
      description: 'A target.',
      properties: {
        root: { type: 'string', description: 'Where.', $comment: 'a path' },
        key: { type: 'string', description: 'Where.', $comment: 'a path' },
        fsync: { type: 'boolean', description: 'Durable.', default: true },
      },
      required: [],
      additionalProperties: false,
    });
  });

  it('JSON Schema: writes amounts, ranges and defaults with their units', () => {
    const schema = section('Waits.', {
      settle: duration('How long.', { max: 3_600_000 }).default(500),
    });
    expect(jsonSchema(schema)).toMatchObject({
      properties: {
        settle: {
          default: '500ms',
          $comment: 'a duration such as "500ms", "30s", "6h" or "7d" from 0 to 1h',
          type: ['string', 'number'],
        },
      },
    });
  });
});
