import { appendFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { BodyPart } from '../../src/drivers/call.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { SourceChangedError } from '../../src/drivers/errors.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { temporaryFolder } from '../world/folder.js';
import { call, randomContent, readAll, rejection } from './conformance/fixture.js';

const MIB = 2 ** 20;
const options = { ref: { container: 'c', key: 'k' }, driver: 'test' };
let path: string;
let folder: string;

beforeEach(() => {
  folder = temporaryFolder('parts');
  path = join(folder, 'file');
});

async function partsOf(size: number, signal = call.signal) {
  return (await fileBody(path, options)).parts!(size, signal);
}

/** Bytes and digests of all parts, each released once it was read. */
async function drain(
  parts: AsyncIterable<BodyPart>,
  before = 0,
): Promise<{ content: Buffer; sizes: number[] }> {
  const read: Buffer[] = [];
  for await (const { number, size, md5, body, release } of parts) {
    expect(number).toBe(before + read.length + 1);
    const bytes = await readAll(body.open());
    expect(bytes.byteLength).toBe(size);
    expect(body.size).toBe(size);
    expect(checksumOf('md5', bytes).hex).toBe(md5);
    expect(body.checksums).toEqual([{ algorithm: 'md5', hex: md5 }]);
    read.push(Buffer.from(bytes));
    release();
  }
  return { content: Buffer.concat(read), sizes: read.map(({ byteLength }) => byteLength) };
}

test.each([
  ['parts that are handed over', 3 * MIB + 5, MIB],
  ['a last part of full size', 4 * MIB, MIB],
  ['one part that is larger than the file', 2 * MIB, 3 * MIB],
  ['more parts than there are buffers, of odd sizes', 5 * MIB + 3, 300_001],
  ['parts that are read again as they are sent', 20 * MIB + 7, 9 * MIB],
])('file parts: have the bytes of the file, and their digests: %s', async (_, size, partSize) => {
  const content = randomContent(size);
  await writeFile(path, content);
  const source = await partsOf(partSize);
  const read = await drain(source.parts);
  expect(read.content.equals(content)).toBe(true);
  expect(read.sizes.slice(0, -1).every((each) => each === partSize)).toBe(true);
  expect(source.md5()).toBe(checksumOf('md5', content).hex);
});

test('file parts: read holes as zeroes', async () => {
  const file = await open(path, 'w');
  await file.write(Buffer.from('end'), 0, 3, 12 * MIB);
  await file.close();
  const source = await partsOf(5 * MIB);
  const { content } = await drain(source.parts);
  expect(content.byteLength).toBe(12 * MIB + 3);
  expect(content.subarray(12 * MIB).toString()).toBe('end');
  expect(source.md5()).toBe(checksumOf('md5', content).hex);
});

test('P7: file parts: reading waits while parts are not released', async () => {
  await writeFile(path, randomContent(12 * MIB));
  const { parts } = await partsOf(MIB);
  const held: BodyPart[] = [];
  for (let i = 0; i < 5; i += 1) held.push((await parts.next()).value as BodyPart);
  const next = parts.next();
  // Only another request shows that a thread waits: a second reading of the same file ends meanwhile.
  await drain((await partsOf(MIB)).parts);
  expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits');
  for (const { release } of held) release();
  expect(((await next).value as BodyPart).number).toBe(6);
  await parts.return();
});

const changes: Readonly<Record<string, () => Promise<void>>> = {
  grows: () => appendFile(path, 'x'),
  'is replaced': async () => {
    await writeFile(`${path}.new`, randomContent(12 * MIB));
    await rename(`${path}.new`, path);
  },
  'is deleted': () => rm(path),
};
for (const [what, change] of Object.entries(changes)) {
  test(`P3: file parts: a file that ${what} between two parts never ends`, async () => {
    await writeFile(path, randomContent(12 * MIB));
    const { parts } = await partsOf(MIB);
    const first = (await parts.next()).value as BodyPart;
    await change();
    first.release();
    expect(await rejection(drain(parts, 1))).toBeInstanceOf(SourceChangedError);
  });

  test(`P3: file parts: a file that ${what} before it is read gives no part`, async () => {
    await writeFile(path, randomContent(2 * MIB));
    const { parts } = await partsOf(MIB);
    await change();
    expect(await rejection(drain(parts))).toBeInstanceOf(SourceChangedError);
  });
}

test('G6: file parts: reading rejects with the reason of the signal', async () => {
  await writeFile(path, randomContent(12 * MIB));
  const stop = new AbortController();
  const { parts } = await partsOf(MIB, stop.signal);
  await parts.next();
  stop.abort(new Error('enough'));
  expect((await rejection(drain(parts))).message).toBe('enough');
});
