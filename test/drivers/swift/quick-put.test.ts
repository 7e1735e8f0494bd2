import { expect, test } from 'vitest';
import type { QuickObject, ReplacedObject } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { OPEN_PASSAGE } from '../../../src/drivers/passage.js';
import { call, put, randomContent, readAll } from '../conformance/fixture.js';
import {
  large as at,
  container,
  inSegments,
  MIB,
  putLarge,
  ref,
  withLargeObjects,
} from './large-fixture.js';

withLargeObjects();

function objectOf(key: string, replaces: ReplacedObject): QuickObject {
  const bytes = Buffer.from(`content of ${key}`);
  const options = { contentType: 'text/plain', metaData: {}, headers: {} };
  const { hex: md5 } = checksumOf('md5', bytes);
  return { key, size: bytes.byteLength, md5, options, bytes, replaces };
}

const putEach = (...objects: readonly QuickObject[]) =>
  at.swift.capabilities.quickPut!.putEach(container, objects, OPEN_PASSAGE, call);
const isStored = (outcome: object | undefined) => outcome !== undefined && 'stored' in outcome;

test('P5: Swift quick puts: what may replace an object made of segments is left to putObject, which removes them', async () => {
  await putLarge(ref, randomContent(2 * MIB + 7));
  const outcomes = await putEach(
    objectOf(ref.key, 'unknown'),
    objectOf('new', 'nothing'),
    objectOf('small', 'whole'),
  );
  expect(outcomes.map(isStored)).toEqual([false, true, true]);
  expect(outcomes[0], 'it was not begun').toBeUndefined();
  expect(inSegments()).not.toEqual([]);
  await put(at.swift, ref, 'small');
  expect(inSegments()).toEqual([]);
  const read = await at.swift.readObject({ container, key: 'new' }, undefined, call);
  expect((await readAll(read)).toString()).toBe('content of new');
});

test('Swift quick puts: one request for each object where the container has no large ones', async () => {
  await put(at.swift, ref, 'there');
  const before = at.fake.log.length;
  const outcomes = await putEach(objectOf(ref.key, 'unknown'), objectOf('new', 'unknown'));
  expect(outcomes.every(isStored)).toBe(true);
  expect(at.fake.log.slice(before).map(({ operation }) => operation)).toEqual([
    'PutObject',
    'PutObject',
  ]);
});
