import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody, streamBody } from '../../src/drivers/body.js';
import type { Body, BodyFile, PutOptions } from '../../src/drivers/call.js';
import { ObjectDoesNotExistError } from '../../src/drivers/errors.js';
import { layered } from '../../src/drivers/layers/layer.js';
import { EFFECTS } from '../../src/drivers/layers/operations.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { LeaseLostError } from '../../src/lease/errors.js';
import { fence } from '../../src/lease/fence.js';
import { NEVER_ABORTED } from '../../src/signal.js';

const call = { signal: NEVER_ABORTED };
const options: PutOptions = { contentType: 'x', metaData: {}, headers: {}, checksums: [] };
const ref = { container: 'c', key: 'k' };

async function rig() {
  const storage = memoryBackend();
  const state = { lost: false, asked: 0 };
  const lease = {
    hold: () => {
      state.asked += 1;
      return state.lost ? Promise.reject(new LeaseLostError('taken over')) : undefined;
    },
  };
  const backend = layered(storage, [fence(lease)]);
  await backend.createContainer('c', call);
  return { storage, state, lease, backend };
}

test('fence: without the lease it permits reads and the creation of a container, and no change', async () => {
  const { state, backend } = await rig();
  await backend.putObject(ref, bytesBody(Buffer.from('x')), options, call);
  state.lost = true;
  await backend.createContainer('d', call);
  const { copy, batchPut, batchDelete, multipart } = backend.capabilities;
  const changes = [
    backend.putObject(ref, bytesBody(Buffer.from('y')), options, call),
    backend.deleteObject(ref, call),
    backend.deleteContainer('d', call),
    copy?.copyObject(ref, { ...ref, key: 'other' }, undefined, call),
    batchPut?.putObjects('c', [], new ArrayBuffer(0), call),
    batchDelete?.deleteObjects('c', ['k'], call),
    multipart?.begin(ref, options, call),
  ];
  for (const outcome of await Promise.allSettled(changes))
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(LeaseLostError) });
  expect(await backend.headObject(ref, call)).toMatchObject({ size: 1 });
  expect((await backend.listObjects('c', '', {}, call)).items).toHaveLength(1);
  expect(Object.values(EFFECTS)).toContain('reads');
});

test('fence: stops a body before its next piece when the lease is lost, and nothing of it is stored', async () => {
  const { storage, state, backend } = await rig();
  async function* pieces(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('first');
    state.lost = true;
    yield Buffer.from('second');
  }
  await expect(backend.putObject(ref, streamBody(pieces(), 11), options, call)).rejects.toThrow(
    LeaseLostError,
  );
  await expect(storage.headObject(ref, call)).rejects.toThrow(ObjectDoesNotExistError);
});

test('fence: asks the lease for each part of an object', async () => {
  const { storage, state, backend } = await rig();
  const { multipart } = backend.capabilities;
  const token = await multipart?.begin(ref, options, call);
  if (!multipart || !token) throw new Error('memory has parts');
  const large = { ...bytesBody(Buffer.alloc(10)), bytes: undefined };
  const { bytes: _, ...file } = large;
  await multipart.uploadPart(token, 1, file, call);
  state.lost = true;
  await expect(multipart.uploadPart(token, 2, file, call)).rejects.toThrow(LeaseLostError);
  await expect(multipart.complete(token, [], call)).rejects.toThrow(LeaseLostError);
  await expect(storage.headObject(ref, call)).rejects.toThrow(ObjectDoesNotExistError);
});

test('fence: a lease that is lost while the backend reads a file stops it before it is an object', async () => {
  const { storage, state, lease } = await rig();
  const reading: Backend = {
    ...storage,
    async putObject(to, body, how, given) {
      state.lost = true; // while the file is read
      await body.file?.beforeStored();
      return storage.putObject(to, body, how, given);
    },
  };
  const backend = layered(reading, [fence(lease)]);
  const file: BodyFile = {
    path: '/file',
    version: { size: 1, mtimeNs: 0n, ctimeNs: 0n, inode: 1n },
    follow: false,
    changed: () => new Error('changed'),
    onRead: () => undefined,
    beforeStored: async () => undefined,
  };
  const body: Body = { size: 1, replayable: true, open: async function* () {}, file };
  await expect(backend.putObject(ref, body, options, call)).rejects.toThrow(LeaseLostError);
  await expect(storage.headObject(ref, call)).rejects.toThrow(ObjectDoesNotExistError);
});
