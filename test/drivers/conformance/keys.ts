import { expect } from 'vitest';
import { InvalidObjectNameError, ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import { call, contentOf, type Fixture, listKeys, put, rejection } from './fixture.js';

const ODD_KEYS: Readonly<Record<string, readonly string[]>> = {
  'blanks and quotes': [
    'with space',
    ' leading',
    'trailing ',
    'double  space',
    'quote"s',
    "apostrophe's",
    '`tick`',
  ],
  'what URLs treat specially': [
    '100%',
    'per%20cent',
    'per%2Fcent',
    'plus+plus',
    'hash#tag',
    'question?a=b&c=d',
    'semi;colon',
    'a:b@c',
    "!*'()",
    '~tilde',
  ],
  'what XML and JSON treat specially': [
    '<tag>',
    'a&b',
    '&amp;',
    ']]>',
    '{json}',
    '[list]',
    'back\\slash',
    'caret^',
    'pipe|',
    '$dollar',
  ],
  'dots and slashes': [
    '.hidden',
    'folder/.hidden',
    '...',
    'a..b',
    '..',
    '.',
    '../up',
    'a/../b',
    'a/./b',
    'a//b',
    '/leading',
    'trailing/',
    '//',
  ],
  'control characters': [
    'tab\there',
    'new\nline',
    'carriage\rreturn',
    'bell\u0007',
    'escape\u001b[31m',
    'delete\u007f',
    'nul\u0000',
  ],
  'beyond ASCII': [
    '\u00e9 composed',
    'e\u0301 decomposed',
    '日本語/ファイル',
    '🎉',
    '\u200bzero width',
    '\u202eright to left',
    '\ufffd',
    '\ufffe',
    'ﬁ ligature',
    'İi',
  ],
};

export function keyCases({ backend, harness, inContainer }: Fixture): void {
  const { maxKeyBytes } = backend.capabilities.limits;
  const refuses = (key: string): boolean => harness.refuses?.(key) ?? false;

  /** Puts each key; those that are refused must be allowed to be, and the others must be there as they are, and nothing else. */
  async function roundTrip(container: string, keys: readonly string[]): Promise<void> {
    const stored: string[] = [];
    for (const key of keys) {
      if (refuses(key)) {
        expect(
          await rejection(put(backend, { container, key }, key)),
          JSON.stringify(key),
        ).toBeInstanceOf(InvalidObjectNameError);
        continue;
      }
      const info = await put(backend, { container, key }, `content of ${key}`);
      expect(info.key).toBe(key);
      stored.push(key);
    }
    expect((await listKeys(backend, container)).sort()).toEqual([...stored].sort());
    for (const key of stored) {
      expect((await backend.headObject({ container, key }, call)).key).toBe(key);
      expect(await contentOf(backend, { container, key })).toBe(`content of ${key}`);
    }
    for (const key of stored) await backend.deleteObject({ container, key }, call);
    expect(await listKeys(backend, container)).toEqual([]);
  }

  for (const [what, keys] of Object.entries(ODD_KEYS)) {
    inContainer(`G4: keys come back unchanged: ${what}`, (container) => roundTrip(container, keys));
  }

  inContainer(
    'G4: a key may be the beginning of another with a slash, or the second is refused',
    async (container) => {
      await put(backend, { container, key: 'a/b' }, 'below');
      const outcome = await put(backend, { container, key: 'a' }, 'above').catch(
        (error: unknown) => error,
      );
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(InvalidObjectNameError);
      expect(await contentOf(backend, { container, key: 'a/b' })).toBe('below');
      expect(await listKeys(backend, container)).toEqual(
        outcome instanceof Error ? ['a/b'] : ['a', 'a/b'],
      );
    },
  );

  inContainer(
    'G4: the longest key that is allowed is stored, in characters of one byte and of three',
    async (container) => {
      for (const letter of ['x', '語']) {
        const key = longKey(letter, maxKeyBytes);
        await put(backend, { container, key }, 'long');
        expect(await listKeys(backend, container)).toEqual([key]);
        expect(await contentOf(backend, { container, key })).toBe('long');
        await backend.deleteObject({ container, key }, call);
      }
    },
  );

  inContainer(
    'G4: a key that is too long, empty or not Unicode is refused, and says why',
    async (container) => {
      for (const key of [`${longKey('x', maxKeyBytes)}y`, '', 'lone \ud800 surrogate', '\udc00']) {
        const error = await rejection(put(backend, { container, key }, 'x'));
        expect(error, JSON.stringify(key.slice(0, 40))).toBeInstanceOf(InvalidObjectNameError);
        expect(error.message).toMatch(/cannot be stored under this name: .{5,}/);
        expect(error).toMatchObject({ retry: 'never' });
      }
      expect(await listKeys(backend, container)).toEqual([]);
    },
  );

  inContainer(
    'G5: an object with such a key: is missing for each operation, and a delete of it removes no other object',
    async (container) => {
      await put(backend, { container, key: '\ufffd' }, 'what a lone surrogate is written as');
      for (const key of ['', '\ud800']) {
        expect(await rejection(backend.headObject({ container, key }, call))).toBeInstanceOf(
          ObjectDoesNotExistError,
        );
        expect(
          await rejection(backend.readObject({ container, key }, undefined, call)),
        ).toBeInstanceOf(ObjectDoesNotExistError);
        await backend.deleteObject({ container, key }, call);
      }
      await backend.capabilities.batchDelete?.deleteObjects(container, ['', '\ud800'], call);
      expect(await listKeys(backend, container)).toEqual(['\ufffd']);
    },
  );
}

/** A key of exactly `bytes` bytes, in segments that file systems can hold. */
function longKey(letter: string, bytes: number): string {
  const width = Buffer.byteLength(letter);
  const segment = `${letter.repeat(Math.floor(198 / width))}/`;
  const segments = segment.repeat(Math.floor((bytes - 1) / Buffer.byteLength(segment)));
  const left = bytes - Buffer.byteLength(segments);
  return segments + letter.repeat(Math.floor(left / width)) + 'z'.repeat(left % width);
}
