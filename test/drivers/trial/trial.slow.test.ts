import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import { ObjectDoesNotExistError, StorageError } from '../../../src/drivers/errors.js';
import { call, plain } from '../conformance/fixture.js';
import { onlyThePrecious, readAsFarAsItGoes, renamed, tried } from './trial-fixture.js';

test('probe: a sound store passes, and keeps no object of the trials', async () => {
  const outcome = await tried(() => ({}));
  expect(outcome).toMatchObject({
    failed: [],
    failure: undefined,
    uploads: [],
    ...onlyThePrecious,
  });
  expect(outcome.results.map(({ id }) => id)).toEqual([
    ...['G1', 'G2', 'G3', 'G4', 'G5', 'G6'],
    ...[
      'checksums',
      'digests',
      'metadata',
      'preconditions',
      'conditional replace',
      'copy',
      'bound copy',
      'batch put',
      'batch delete',
      'multipart',
    ],
  ]);
  expect(
    outcome.results
      .filter(({ verdict }) => verdict === 'absent')
      .every(({ meaning }) => meaning !== ''),
  ).toBe(true);
});

test('G1: probe: reports a store whose listings are late, and how late they are', async () => {
  const looks = new Map<string, number>();
  const { failed, problems, ...rest } = await tried((sound) => ({
    async listObjects(...args) {
      const page = await sound.listObjects(...args);
      const late = ({ key }: ObjectInfo) => {
        if (!key.includes('/G1/')) return false;
        looks.set(key, (looks.get(key) ?? 0) + 1);
        return looks.get(key) === 1;
      };
      return { ...page, items: page.items.filter((item) => !late(item)) };
    },
  }));
  expect(failed).toEqual(['G1']);
  expect(problems).toMatch(
    /^after a put: the listing does not have the object; right after 0\.\d s$/m,
  );
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G2: probe: reports a store that keeps the beginning of a failed put', async () => {
  const { failed, problems, ...rest } = await tried((sound) => ({
    async putObject(ref, body, options, given) {
      const whole = await readAsFarAsItGoes(body, given.signal);
      if (whole.error === undefined && whole.bytes.byteLength === body.size)
        return sound.putObject(ref, body, options, given);
      if (ref.key.includes('/G2/')) await sound.putObject(ref, bytesBody(whole.bytes), plain, call);
      throw whole.error ?? new StorageError('wrong size', { driver: 'memory' });
    },
  }));
  expect(failed).toEqual(['G2']);
  expect(problems).toContain(
    'after a put whose source failed, there was an object of 131072 bytes',
  );
  expect(problems).toContain(
    'after a put whose source ended early, there was an object of 131072 bytes',
  );
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G3: probe: reports a store that lists in JavaScript’s order, and one that repeats keys', async () => {
  const inUnits = await tried((sound) => ({
    async listObjects(container, prefix, { after, size = 1000 }) {
      const { items } = await sound.listObjects(container, prefix, {}, call);
      const sorted = items
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .filter(({ key }) => after === undefined || key > after);
      const page = sorted.slice(0, size);
      return { items: page, next: sorted.length > size ? page.at(-1)?.key : undefined };
    },
  }));
  expect(inUnits.failed).toEqual(['G3']);
  expect(inUnits.problems).toContain('the listing has "\\ud83d\\ude00" before "\\uff5e"');

  const overlapping = await tried((sound) => ({
    async listObjects(container, prefix, { after, size = 1000 }) {
      const { items } = await sound.listObjects(container, prefix, {}, call);
      const from = after === undefined ? 0 : Number(after);
      const next = from + size < items.length ? String(from + size) : undefined;
      return { items: items.slice(Math.max(0, from - 1), from + size), next };
    },
  }));
  expect(overlapping.failed).toEqual(['G3']);
  expect(overlapping.problems).toContain('the listing has more than once: "a", ');
  expect(overlapping).toMatchObject(onlyThePrecious);
});

test.each([
  ['composes letters', (key: string) => key.normalize('NFC'), '"cafe\\u0301"'],
  ['folds case', (key: string) => key.replace('UPPER', 'upper'), '"UPPER and lower"'],
  ['resolves dots', (key: string) => key.replace(/[^/]+\/\.\.\//, ''), '"folder/../dots"'],
])('G4: probe: reports a store that %s in names', async (_, change, name) => {
  const { failed, problems, ...rest } = await tried(renamed(change));
  expect(failed).toEqual(['G4']);
  expect(problems).toContain(`${name} was stored, but the listing does not have it`);
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G5: probe: reports a store whose errors do not say what is missing', async () => {
  const { failed, problems, ...rest } = await tried((sound) => ({
    async headObject(...args) {
      return sound.headObject(...args).catch(() => {
        throw new StorageError('something went wrong', { driver: 'memory' });
      });
    },
    async deleteObject(ref, given) {
      await sound.headObject(ref, given).catch(() => {
        throw new ObjectDoesNotExistError(ref.key, { driver: 'memory' });
      });
      await sound.deleteObject(ref, given);
    },
  }));
  expect(failed).toEqual(['G5']);
  expect(problems).toContain(
    'looking at a missing object was answered by another error: something went wrong',
  );
  expect(problems).toContain('deleting a missing object failed: ');
  expect(rest).toMatchObject(onlyThePrecious);
});

test('G6: probe: reports a store that goes on after a call was aborted', async () => {
  const { failed, problems, ...rest } = await tried((sound) => ({
    deleteObject: (ref) => sound.deleteObject(ref, call),
    async putObject(ref, body, options, given) {
      try {
        return await sound.putObject(ref, body, options, given);
      } catch (error) {
        if (given.signal.aborted)
          await sound.putObject(ref, bytesBody(Buffer.from('too late')), options, call);
        throw error;
      }
    },
  }));
  expect(failed).toEqual(['G6']);
  expect(problems).toContain('a put that was dropped before it began changed the object');
  expect(problems).toContain('a delete that was dropped before it began was reported as done');
  expect(problems).toContain('a put that was dropped half-way changed the object');
  expect(rest).toMatchObject(onlyThePrecious);
});
