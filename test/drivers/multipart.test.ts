import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody, streamBody } from '../../src/drivers/body.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { ObjectError, SourceChangedError } from '../../src/drivers/errors.js';
import { sendInParts } from '../../src/drivers/multipart.js';
import {
  call,
  listKeys,
  plain,
  randomContent,
  rejection,
  streamedBody,
} from './conformance/fixture.js';
import { digestIn, keeper, MIN, ref, rig, seekable, trouble } from './multipart-fixture.js';

test('multipart upload: sends a body in parts and reads it once', async () => {
  const { send, stored, unfinished } = await rig();
  const content = randomContent(5 * MIN + 1);
  const reads: [number, number][] = [];
  expect(await send(seekable(content, reads))).toMatchObject({
    partSize: MIN,
    info: { size: 5 * MIN + 1 },
    md5: checksumOf('md5', content).hex,
    md5Parts: digestIn(MIN, content),
    confirmed: true,
  });
  expect((await stored()).equals(content)).toBe(true);
  expect(reads).toEqual([[0, content.byteLength]]);
  expect(await unfinished()).toEqual([]);
});

test('multipart upload: reports each part once the provider has it', async () => {
  const { send } = await rig();
  const sizes: number[] = [];
  const onPart = (bytes: number, before: boolean) => void sizes.push(before ? -bytes : bytes);
  await send(seekable(randomContent(2 * MIN + 1), []), { onPart });
  expect(sizes.toSorted((a, b) => a - b)).toEqual([1, MIN, MIN]);
});

test('multipart upload: sends a stream of unknown length in parts, and puts one whole that ends within its first part', async () => {
  for (const size of [0, 1, MIN - 1, MIN, MIN + 1, 10 * MIN]) {
    const { send, stored, faults } = await rig();
    const content = randomContent(size);
    const { partSize } = await send(streamBody(streamedBody(content, 100).open()), {
      partSize: MIN,
    });
    expect((await stored()).equals(content)).toBe(true);
    expect(partSize, `${size}`).toBe(size < MIN ? undefined : MIN);
    expect(faults.calls.includes('begin')).toBe(size >= MIN);
  }
});

test('P7: multipart upload: holds no more parts in memory than it sends at once', async () => {
  const { memory, send } = await rig();
  let underWay = 0;
  let most = 0;
  let given = 0;
  const slow: Backend = {
    ...memory,
    capabilities: {
      ...memory.capabilities,
      multipart: {
        ...memory.capabilities.multipart!,
        async uploadPart(...args) {
          underWay += 1;
          most = Math.max(most, underWay);
          expect(given - (args[1] - 1) * MIN).toBeLessThanOrEqual(6 * MIN); // at most the lanes' own and one that is being cut
          for (let turn = 0; turn < 10; turn += 1)
            await new Promise((resolve) => setImmediate(resolve));
          underWay -= 1;
          return memory.capabilities.multipart!.uploadPart(...args);
        },
      },
    },
  };
  async function* source() {
    for (let i = 0; i < 64; i += 1) {
      given += MIN;
      yield new Uint8Array(MIN);
    }
  }
  await send(streamBody(source()), { partSize: MIN }, slow);
  expect(most).toBe(4);
});

test('multipart upload: keeps its token before it sends the first part, and leaves nothing when that fails', async () => {
  const { send, faults, unfinished } = await rig();
  const order: string[] = [];
  await send(seekable(randomContent(3 * MIN)), {
    resume: {
      async keep() {
        order.push(...faults.calls);
      },
    },
  });
  expect(order).toEqual(['begin']);
  const failing = send(seekable(randomContent(3 * MIN)), {
    resume: { keep: () => Promise.reject(new Error('disk full')) },
  });
  expect((await rejection(failing)).message).toBe('disk full');
  expect(await unfinished()).toEqual([]);
});

test('multipart upload: sends parts again that have another size than planned', async () => {
  const { send, stored, memory } = await rig();
  const content = randomContent(4 * MIN);
  const { kept, keep } = keeper();
  const token = await memory.capabilities.multipart!.begin(ref, plain, call);
  await memory.capabilities.multipart!.uploadPart(
    token,
    1,
    bytesBody(content.subarray(0, 2 * MIN)),
    call,
  );
  await memory.capabilities.multipart!.uploadPart(
    token,
    9,
    bytesBody(content.subarray(0, MIN)),
    call,
  );
  await send(seekable(content), { resume: { keep, token } });
  expect((await stored()).equals(content)).toBe(true);
  expect(kept).toEqual([]);
});

test('P2: multipart upload: sends parts again that have other content', async () => {
  const { send, stored, memory, faults } = await rig();
  const content = randomContent(4 * MIN);
  const { keep } = keeper();
  const token = await memory.capabilities.multipart!.begin(ref, plain, call);
  await memory.capabilities.multipart!.uploadPart(
    token,
    2,
    bytesBody(content.subarray(MIN, 2 * MIN)),
    call,
  );
  await memory.capabilities.multipart!.uploadPart(token, 3, bytesBody(randomContent(MIN)), call);
  await send(seekable(content), { resume: { keep, token } });
  expect((await stored()).equals(content)).toBe(true);
  expect(faults.calls.filter((operation) => operation === 'uploadPart')).toHaveLength(3);
});

test('multipart upload: closes its stream when the upload cannot begin, or a put fails', async () => {
  const { send, faults } = await rig();
  const closed: string[] = [];
  const stream = (name: string, size: number) =>
    streamBody(
      (async function* () {
        try {
          yield randomContent(size);
          yield randomContent(size);
        } finally {
          closed.push(name);
        }
      })(),
    );
  faults.next('begin', trouble());
  expect((await rejection(send(stream('begin', 3 * MIN), { partSize: MIN }))).message).toBe(
    'trouble',
  );
  const keep = () => Promise.reject(new Error('the disk is full'));
  expect(
    (await rejection(send(stream('keep', 3 * MIN), { partSize: MIN, resume: { keep } }))).message,
  ).toBe('the disk is full');
  faults.next('putObject', trouble());
  expect((await rejection(send(stream('put', 10), { partSize: MIN }))).message).toBe('trouble');
  expect(closed).toEqual(['begin', 'keep', 'put']);
  faults.assertUsedUp();
});

test('multipart upload: refuses a body that has too many bytes for the allowed parts', async () => {
  const { send, unfinished } = await rig(3);
  const large = seekable(Buffer.alloc(0), [], 0, 3 * 1024 * MIN + 1);
  expect((await rejection(send(large))).message).toContain(
    'is too large: 3145729 bytes, where 3 parts of 1048576 bytes are allowed',
  );
  const stream = streamBody(streamedBody(randomContent(4 * MIN)).open());
  const error = await rejection(send(stream, { partSize: MIN }));
  expect(error).toBeInstanceOf(ObjectError);
  expect(error.message).toContain('is too large for a stream of unknown length');
  expect(await unfinished()).toEqual([]);
});

test('P2: multipart upload: is not completed when the body has another MD5 than announced', async () => {
  const { backend, send, memory, unfinished } = await rig();
  const content = randomContent(3 * MIN);
  const said = {
    ...plain,
    metaData: { md5chksum: 'of other content' },
    checksums: [checksumOf('md5', Buffer.from('other'))],
  };
  const sent = sendInParts(backend, backend.capabilities.multipart!, ref, seekable(content), said, {
    signal: call.signal,
  });
  expect(await rejection(sent)).toBeInstanceOf(SourceChangedError);
  expect([await listKeys(memory, 'c'), await unfinished()]).toEqual([[], []]);
  expect((await send(seekable(content))).md5).toBe(checksumOf('md5', content).hex);
});
