import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Body } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
} from '../../../src/drivers/errors.js';
import { layered } from '../../../src/drivers/layers/layer.js';
import { EFFECTS, type Operation } from '../../../src/drivers/layers/operations.js';
import { readOnly, type Suppressed } from '../../../src/drivers/layers/read-only.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { sendObject } from '../../../src/drivers/send.js';
import {
  call,
  contentOf,
  listKeys,
  plain,
  put,
  randomContent,
  rejection,
} from '../conformance/fixture.js';

const ref = { container: 'c', key: 'there' };
let memory: Backend;
let dry: Backend;
let suppressed: Suppressed[];
let reached: Operation[];

beforeEach(async () => {
  memory = memoryBackend({ limits: { maxPutSize: 4096 } });
  await memory.createContainer('c', call);
  await put(memory, ref, 'content', { contentType: 'text/csv', metaData: { a: '1' } });
  suppressed = [];
  reached = [];
  const cdn = {
    enableContainer: async () => {},
    enableObject: async () => {},
    containerUrl: async () => 'url',
    objectUrl: async () => 'url',
  };
  const versions = {
    keepsVersions: async () => true,
    softDeleteSeconds: async () => 0,
    listVersions: async () => ({ items: [], next: undefined }),
    headVersion: () => memory.headObject(ref, call),
    readVersion: () => memory.readObject(ref, undefined, call),
    deleteVersion: async () => {},
  };
  const watched = layered({ ...memory, capabilities: { ...memory.capabilities, cdn, versions } }, [
    {
      name: 'reached',
      around(invocation, next) {
        reached.push(invocation.operation);
        return next(invocation);
      },
    },
  ]);
  dry = readOnly(watched, (change) => suppressed.push(change));
});

test('every operation that changes something resolves and does not reach the provider; every other one does', async () => {
  const { copy, batchPut, batchDelete, multipart, cdn, versions } = dry.capabilities;
  expect(multipart, 'what would go in parts is put whole').toBeUndefined();
  expect(batchPut, 'what would go in a batch is put on its own').toBeUndefined();
  type OtherWays =
    | 'putObjects'
    | 'begin'
    | 'uploadPart'
    | 'uploadedParts'
    | 'cutsOf'
    | 'complete'
    | 'abort'
    | 'unfinished';
  const calls: Record<Exclude<Operation, OtherWays>, () => Promise<unknown>> = {
    listContainers: () => dry.listContainers({}, call),
    headContainer: () => dry.headContainer('c', call),
    createContainer: () => dry.createContainer('new', call),
    deleteContainer: () => dry.deleteContainer('c', call),
    listObjects: () => dry.listObjects('c', '', {}, call),
    headObject: () => dry.headObject(ref, call),
    putObject: () => put(dry, ref, 'other'),
    readObject: () => dry.readObject(ref, undefined, call),
    deleteObject: () => dry.deleteObject(ref, call),
    copyObject: () => copy!.copyObject(ref, { ...ref, key: 'to' }, undefined, call),
    deleteObjects: () => batchDelete!.deleteObjects('c', ['there'], call),
    enableContainer: () => cdn!.enableContainer('c', call),
    enableObject: () => cdn!.enableObject(ref, call),
    containerUrl: () => cdn!.containerUrl('c', call),
    objectUrl: () => cdn!.objectUrl(ref, call),
    keepsVersions: () => versions!.keepsVersions('c', call),
    softDeleteSeconds: () => versions!.softDeleteSeconds('c', call),
    listVersions: () => versions!.listVersions('c', '', {}, call),
    headVersion: () => versions!.headVersion(ref, 'v1', call),
    readVersion: () => versions!.readVersion(ref, 'v1', undefined, call),
    deleteVersion: () => versions!.deleteVersion(ref, 'v1', call),
  };
  for (const [operation, run] of Object.entries(calls) as [Operation, () => Promise<unknown>][]) {
    suppressed.length = 0;
    reached.length = 0;
    await run();
    const changes = EFFECTS[operation] === 'changes';
    expect(
      reached.filter((one) => EFFECTS[one] === 'changes'),
      operation,
    ).toEqual([]);
    expect(
      suppressed.map((one) => one.operation),
      operation,
    ).toEqual(changes ? [operation] : []);
    if (!changes) expect(reached, operation).toEqual([operation]);
  }
  expect(await listKeys(memory, 'c')).toEqual(['there']);
  expect(await contentOf(memory, ref)).toBe('content');
});

test('G6: no change is made out to be done once the signal is aborted', async () => {
  const aborted = { signal: AbortSignal.abort(new Error('enough')) };
  const { copy, batchDelete, cdn, versions } = dry.capabilities;
  const calls = [
    dry.createContainer('new', aborted),
    dry.deleteContainer('c', aborted),
    dry.putObject(ref, bytesBody(Buffer.from('other')), plain, aborted),
    dry.deleteObject(ref, aborted),
    copy!.copyObject(ref, { ...ref, key: 'to' }, undefined, aborted),
    batchDelete!.deleteObjects('c', ['there'], aborted),
    cdn!.enableContainer('c', aborted),
    cdn!.enableObject(ref, aborted),
    versions!.deleteVersion(ref, 'v1', aborted),
  ];
  for (const settled of await Promise.allSettled(calls))
    expect(settled).toEqual({ status: 'rejected', reason: aborted.signal.reason });
  expect(suppressed).toEqual([]);
});

test('a put is answered with what the caller said, and its body is not opened', async () => {
  const unread: Body = {
    size: 5_000,
    replayable: true,
    open() {
      throw new Error('opened');
    },
  };
  const checksums = [checksumOf('md5', Buffer.from('x'))];
  const info = await dry.putObject(
    ref,
    unread,
    { ...plain, contentType: 'text/html', metaData: { b: '2' }, checksums },
    call,
  );
  expect(info).toEqual({
    ...ref,
    size: 5_000,
    checksums,
    metaData: { b: '2' },
    extra: { contentType: 'text/html' },
  });
  expect(suppressed).toEqual([
    { operation: 'putObject', container: 'c', key: 'there', bytes: 5_000 },
  ]);
});

test('a verified upload goes through as a real one would, whole or in parts', async () => {
  const settings = { signal: call.signal, verifyHash: true };
  for (const size of [0, 4096, 4097, 100_000]) {
    const content = randomContent(size);
    const { bytes: _, ...streamed } = bytesBody(content);
    for (const body of [bytesBody(content), streamed]) {
      const { info } = await sendObject(dry, ref, body, plain, settings);
      expect(info).toMatchObject({ ...ref, size });
    }
  }
  expect(await contentOf(memory, ref)).toBe('content');
});

test('a copy is answered with what its source is', async () => {
  const to = { container: 'c', key: 'to' };
  const copy = dry.capabilities.copy!;
  expect(await copy.copyObject(ref, to, undefined, call)).toMatchObject({
    ...to,
    size: 7,
    metaData: { a: '1' },
  });
  const replaced = await copy.copyObject(ref, to, { contentType: 'text/html', metaData: {} }, call);
  expect(replaced).toMatchObject({
    ...to,
    size: 7,
    metaData: {},
    extra: { contentType: 'text/html' },
  });
  expect(
    await rejection(copy.copyObject({ container: 'c', key: 'none' }, to, undefined, call)),
  ).toBeInstanceOf(ObjectDoesNotExistError);
});

test('a container that was "created" is there, and empty; one that is there already is refused', async () => {
  expect(await rejection(dry.headContainer('new', call))).toBeInstanceOf(
    ContainerDoesNotExistError,
  );
  await dry.createContainer('new', call);
  expect(await dry.headContainer('new', call)).toEqual({ name: 'new', extra: {} });
  expect(await listKeys(dry, 'new')).toEqual([]);
  expect(await rejection(dry.headObject({ container: 'new', key: 'x' }, call))).toBeInstanceOf(
    ObjectDoesNotExistError,
  );
  await put(dry, { container: 'new', key: 'x' }, 'x');
  for (const name of ['new', 'c'])
    expect(await rejection(dry.createContainer(name, call))).toBeInstanceOf(
      ContainerAlreadyExistsError,
    );
  expect(await rejection(memory.headContainer('new', call))).toBeInstanceOf(
    ContainerDoesNotExistError,
  );
});

test('names that the provider refuses are refused in a dry run too, for puts, copies and containers', async () => {
  const long = 'x'.repeat(memory.capabilities.limits.maxKeyBytes + 1);
  expect(await rejection(put(dry, { container: 'c', key: long }, ''))).toBeInstanceOf(
    InvalidObjectNameError,
  );
  const copied = dry.capabilities.copy?.copyObject(
    ref,
    { container: 'c', key: long },
    undefined,
    call,
  );
  expect(await rejection(copied as Promise<unknown>)).toBeInstanceOf(InvalidObjectNameError);
  const names = { ...memory.capabilities.names, newContainerProblem: () => 'no capitals' };
  const strict = readOnly(
    { ...memory, capabilities: { ...memory.capabilities, names } },
    (change) => suppressed.push(change),
  );
  expect(await rejection(strict.createContainer('Bad', call))).toBeInstanceOf(
    InvalidContainerNameError,
  );
  expect(suppressed).toEqual([]);
});
