import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import type { ObjectInfo } from '../../src/drivers/call.js';
import { checksumOf } from '../../src/drivers/digest.js';
import {
  InvalidCredentialsError,
  ObjectHashMismatchError,
  TargetUnavailableError,
} from '../../src/drivers/errors.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { sendObject } from '../../src/drivers/send.js';
import { faulty } from '../fakes/faulty-backend.js';
import { call, plain, randomContent, rejection, streamedBody } from './conformance/fixture.js';

const ref = { container: 'c', key: 'k' };
const settings = { signal: call.signal, verifyHash: true };
const content = randomContent(5000);

/** A provider that stores, and reports no digest where the test wants none. */
async function reticent(silent: { readonly put: boolean; readonly head: boolean }) {
  const memory = memoryBackend({ partSize: { min: 1024, max: 4096, maxParts: 100 } });
  await memory.createContainer('c', call);
  const { backend, faults } = faulty(memory);
  const quiet = (info: ObjectInfo): ObjectInfo => ({ ...info, checksums: [] });
  const multipart = backend.capabilities.multipart!;
  const provider: Backend = {
    ...backend,
    putObject: async (...args) =>
      silent.put ? quiet(await backend.putObject(...args)) : backend.putObject(...args),
    headObject: async (...args) =>
      silent.head ? quiet(await backend.headObject(...args)) : backend.headObject(...args),
    capabilities: {
      ...backend.capabilities,
      multipart: {
        ...multipart,
        complete: async (...args) => quiet(await multipart.complete(...args)),
        async uploadPart(...args) {
          const { md5, ...part } = await multipart.uploadPart(...args);
          return silent.put || md5 === undefined ? part : { ...part, md5 };
        },
      },
    },
  };
  return { provider, faults };
}

const bodies = {
  'bytes in memory': () => bytesBody(content),
  'a stream': () => streamedBody(content, 700),
};
for (const [what, body] of Object.entries(bodies)) {
  test(`P2: sending ${what}: an object that the put does not confirm is checked by a HEAD, and read back when that has no digest`, async () => {
    const reported = await reticent({ put: false, head: false });
    await sendObject(reported.provider, ref, body(), plain, settings);
    expect(reported.faults.calls).toEqual(['putObject']);
    const looked = await reticent({ put: true, head: false });
    const sent = await sendObject(looked.provider, ref, body(), plain, settings);
    expect(looked.faults.calls).toEqual(['putObject', 'headObject']);
    expect(sent.checksum).toEqual(checksumOf('md5', content));
    const read = await reticent({ put: true, head: true });
    await sendObject(read.provider, ref, body(), plain, settings);
    expect(read.faults.calls).toEqual(['putObject', 'headObject', 'readObject']);
  });

  test(`P2: sending ${what}: an object that is not what was sent, or cannot be read back, does not count as stored`, async () => {
    const { provider, faults } = await reticent({ put: true, head: true });
    const other: Backend = {
      ...provider,
      readObject: async () => streamedBody(randomContent(5000)).open(),
    };
    expect(await rejection(sendObject(other, ref, body(), plain, settings))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
    faults.next('readObject', new InvalidCredentialsError('may not read', { driver: 'memory' }));
    expect((await rejection(sendObject(provider, ref, body(), plain, settings))).message).toBe(
      'object "k" was stored, but cannot be verified: the provider reports no md5 of it, and it cannot be read back (may not read)',
    );
    const away = new TargetUnavailableError('away', { driver: 'memory', retry: 'backoff' });
    faults.next('readObject', away);
    expect(await rejection(sendObject(provider, ref, body(), plain, settings))).toBe(away);
    faults.assertUsedUp();
  });
}

test.each(Object.entries(bodies))(
  'P2: %s: an object of another size is not stored, whatever is said of its content',
  async (_what, body) => {
    const { provider } = await reticent({ put: false, head: false });
    const putObject: Backend['putObject'] = async (...args) => ({
      ...(await provider.putObject(...args)),
      size: content.length - 1,
    });
    const error = await rejection(
      sendObject({ ...provider, putObject }, ref, body(), plain, settings),
    );
    expect(error.message).toContain('was stored with 4999 bytes, but 5000 were sent');
    expect(error).toMatchObject({ retry: 'backoff' });
  },
);

test('P2: a stream that was not read to its end is not stored', async () => {
  const { provider } = await reticent({ put: false, head: false });
  const putObject: Backend['putObject'] = async (to, body, options, given) => {
    for await (const _ of body.open()) break;
    return provider.putObject(to, bytesBody(content), options, given);
  };
  const error = await rejection(
    sendObject({ ...provider, putObject }, ref, streamedBody(content, 700), plain, settings),
  );
  expect(error.message).toContain('was reported as stored before all of it was sent');
});

test('P2: an upload in parts is checked by a HEAD unless each part was confirmed', async () => {
  const inParts = { ...settings, partsAbove: 1000 };
  const confirmed = await reticent({ put: false, head: true });
  expect(
    await sendObject(confirmed.provider, ref, streamedBody(content), plain, inParts),
  ).toMatchObject({
    partSize: 1024,
    checksum: checksumOf('md5', content),
  });
  expect(confirmed.faults.calls).not.toContain('readObject');
  const silent = await reticent({ put: true, head: true });
  await sendObject(silent.provider, ref, streamedBody(content), plain, inParts);
  expect(silent.faults.calls.slice(-2)).toEqual(['headObject', 'readObject']);
});

test('sending: content that fits into one part is put whole, however low the threshold is', async () => {
  const { provider, faults } = await reticent({ put: false, head: false });
  await sendObject(provider, ref, bytesBody(content.subarray(0, 1024)), plain, {
    ...settings,
    partsAbove: 0,
  });
  expect(faults.calls).toEqual(['putObject']);
});
