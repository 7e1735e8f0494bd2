import { expect, test } from 'vitest';
import { streamBody } from '../../src/drivers/body.js';
import { StorageError, UnsupportedOperationError } from '../../src/drivers/errors.js';
import {
  call,
  listKeys,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from './conformance/fixture.js';
import { keeper, MIN, ref, rig, seekable, trouble } from './multipart-fixture.js';

test('P5: multipart upload: sends only the missing parts after a failure', async () => {
  const { send, stored, faults, unfinished, memory } = await rig();
  const content = randomContent(8 * MIN + 5);
  const { kept, keep } = keeper();
  for (let i = 0; i < 5; i += 1) faults.next('uploadPart', undefined);
  faults.next('uploadPart', trouble());
  expect((await rejection(send(seekable(content), { resume: { keep } }))).message).toBe('trouble');
  expect(await unfinished()).toMatchObject(kept);

  const there = await memory.capabilities.multipart!.uploadedParts(kept[0]!, call);
  expect(there.length).toBeGreaterThan(0);
  const missing = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter(
    (number) => !there.some((part) => part.number === number),
  );

  const before = faults.calls.length;
  await send(seekable(content), { resume: { keep, token: kept[0]! } });
  expect((await stored()).equals(content)).toBe(true);
  const after = faults.calls.slice(before);
  expect(after.filter((operation) => operation === 'uploadPart')).toHaveLength(missing.length);
  expect(after).not.toContain('begin');
  expect(kept).toHaveLength(1);
  faults.assertUsedUp();
});

test('multipart upload: is aborted when its completion is refused for good, so that the next try begins again', async () => {
  const { send, faults, unfinished } = await rig();
  const { keep } = keeper();
  faults.next('complete', new StorageError('refused', { driver: 'memory' }));
  expect(
    (await rejection(send(seekable(randomContent(3 * MIN)), { resume: { keep } }))).message,
  ).toBe('refused');
  expect(await unfinished()).toEqual([]);
  faults.assertUsedUp();
});

test('multipart upload: begins again when the provider has dropped the upload of its token', async () => {
  const { send, stored, memory } = await rig();
  const content = randomContent(3 * MIN);
  const { kept, keep } = keeper();
  const token = await memory.capabilities.multipart!.begin(ref, plain, call);
  await memory.capabilities.multipart!.abort(token, call);
  await send(seekable(content), { resume: { keep, token } });
  expect((await stored()).equals(content)).toBe(true);
  expect(kept).toHaveLength(1);
});

test('multipart upload: refuses another object’s token, and a token for a stream, before it sends anything', async () => {
  const { send, memory, faults } = await rig();
  const { keep } = keeper();
  const token = await memory.capabilities.multipart!.begin({ ...ref, key: 'other' }, plain, call);
  expect(
    await rejection(send(seekable(randomContent(3 * MIN)), { resume: { keep, token } })),
  ).toBeInstanceOf(TypeError);
  const stream = streamBody(streamedBody(randomContent(3 * MIN)).open());
  expect(
    await rejection(send(stream, { resume: { keep, token: { ...token, key: ref.key } } })),
  ).toBeInstanceOf(UnsupportedOperationError);
  expect(faults.calls).toEqual([]);
});

test('G2: multipart upload: a failure aborts it unless it can be resumed, and keeps the previous object', async () => {
  const { send, memory, faults, stored, unfinished } = await rig();
  await put(memory, ref, 'as before');
  const failing: readonly (() => Promise<unknown>)[] = [
    () => send(seekable(randomContent(4 * MIN))),
    () => send(streamBody(streamedBody(randomContent(4 * MIN)).open()), { partSize: MIN }),
    () =>
      send(streamBody(streamedBody(randomContent(4 * MIN)).open()), {
        partSize: MIN,
        resume: keeper(),
      }),
  ];
  for (const run of failing) {
    for (const operation of ['uploadPart', 'complete'] as const) {
      const error = trouble();
      faults.next(operation, error);
      expect(await rejection(run())).toBe(error);
      expect(await unfinished()).toEqual([]);
      expect((await stored()).toString()).toBe('as before');
    }
  }
  faults.assertUsedUp();
});

test('multipart upload: rejects with the first failure, ends the other parts, and hides no error behind a failing abort', async () => {
  const { send, faults } = await rig();
  const error = trouble();
  for (const fault of ['hang', 'hang', error, 'hang'] as const) faults.next('uploadPart', fault);
  faults.next('abort', new Error('cannot abort'));
  expect(await rejection(send(seekable(randomContent(9 * MIN))))).toBe(error);
  faults.assertUsedUp();
});

test('G6: multipart upload: an abort ends it in its middle, even when the source hangs, and leaves nothing', async () => {
  const { send, unfinished, memory } = await rig();
  const stop = new AbortController();
  let ended = false;
  async function* source() {
    try {
      yield new Uint8Array(3 * MIN);
      setImmediate(() => stop.abort(new Error('enough')));
      await new Promise(() => {});
    } finally {
      ended = true;
    }
  }
  expect(
    (await rejection(send(streamBody(source()), { partSize: MIN, signal: stop.signal }))).message,
  ).toBe('enough');
  expect(await unfinished()).toEqual([]);
  expect(await listKeys(memory, 'c')).toEqual([]);
  expect(ended).toBe(false); // it still hangs, and the upload does not wait for it
});
