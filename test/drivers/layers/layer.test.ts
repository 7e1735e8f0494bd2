import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Capabilities, Cdn, Versions } from '../../../src/drivers/capabilities.js';
import { type Layer, layered, withBody } from '../../../src/drivers/layers/layer.js';
import { EFFECTS, type Operation } from '../../../src/drivers/layers/operations.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { NEVER_ABORTED } from '../../../src/signal.js';
import { wrapInEveryLayer } from './every-layer.js';

/** A backend with everything that can be declared, whose operations answer with their own name. */
function complete(): Backend {
  const answering = <T extends object>(target: T): T =>
    Object.fromEntries(
      Object.entries(target).map(([name, member]) => [
        name,
        typeof member === 'function' ? async () => name : member,
      ]),
    ) as T;
  const memory = memoryBackend();
  const named = <T>(names: readonly (keyof T & string)[]): T =>
    Object.fromEntries(names.map((name) => [name, async () => name])) as T;
  const capabilities: Capabilities = {
    ...memory.capabilities,
    copy: answering(memory.capabilities.copy!),
    batchPut: answering(memory.capabilities.batchPut!),
    batchDelete: answering(memory.capabilities.batchDelete!),
    multipart: answering(memory.capabilities.multipart!),
    cdn: named<Cdn>(['enableContainer', 'enableObject', 'containerUrl', 'objectUrl']),
    versions: named<Versions>([
      'keepsVersions',
      'softDeleteSeconds',
      'listVersions',
      'headVersion',
      'readVersion',
      'deleteVersion',
    ]),
  };
  return { ...answering(memory), capabilities };
}

type Method = (...args: unknown[]) => Promise<unknown>;

function methodsOf(backend: Backend): Map<string, Method> {
  const { copy, batchPut, batchDelete, multipart, cdn, versions } = backend.capabilities;
  const holders = [backend, copy, batchPut, batchDelete, multipart, cdn, versions];
  return new Map(
    holders.flatMap((holder) =>
      Object.entries(holder ?? {}).filter((entry) => typeof entry[1] === 'function'),
    ),
  );
}

test('every operation goes through, once, with its arguments, its body and its answer', async () => {
  const seen: { operation: Operation; args: readonly unknown[]; body: unknown }[] = [];
  const call = { signal: new AbortController().signal };
  const body = bytesBody(Buffer.from('x'));
  const wrapped = methodsOf(
    layered(complete(), [
      {
        name: 'seen',
        around(invocation, next) {
          const { operation, args, body, call: given } = invocation;
          expect(given).toBe(call);
          seen.push({ operation, args, body });
          return next(invocation);
        },
      },
    ]),
  );
  expect([...wrapped.keys()].sort()).toEqual(
    [...Object.keys(EFFECTS), 'close', 'etagOfParts'].sort(),
  );
  for (const [name, method] of wrapped) {
    if (!(name in EFFECTS)) continue;
    const args =
      name === 'putObject'
        ? ['ref', body, 'options']
        : name === 'uploadPart'
          ? ['token', 1, body]
          : ['argument'];
    expect(await method(...args, call)).toBe(name);
    expect(seen.pop()).toEqual({
      operation: name,
      args,
      body: name === 'putObject' || name === 'uploadPart' ? body : undefined,
    });
    expect(seen).toEqual([]);
  }
});

test('what is not declared inside is not declared outside, and the rest is kept', () => {
  const memory = memoryBackend();
  const bare = {
    ...memory,
    capabilities: {
      ...memory.capabilities,
      copy: undefined,
      batchPut: undefined,
      batchDelete: undefined,
      multipart: undefined,
    },
  };
  const { capabilities, name, hashType } = layered(bare, [
    { name: 'nothing', around: (invocation, next) => next(invocation) },
  ]);
  expect(capabilities).toEqual(bare.capabilities);
  expect({ name, hashType }).toEqual({ name: memory.name, hashType: memory.hashType });
});

test('no layer forgets an operation or a capability', () => {
  const inner = complete();
  const outer = wrapInEveryLayer(inner);
  expect([...methodsOf(outer).keys()].sort()).toEqual([...methodsOf(inner).keys()].sort());
  expect(Object.keys(outer).sort()).toEqual(Object.keys(inner).sort());
  expect(Object.keys(outer.capabilities).sort()).toEqual(Object.keys(inner.capabilities).sort());
});

test('layers: the first of the list is the innermost, and one passes by the operations it does not concern', async () => {
  const order: string[] = [];
  const noted = (name: string, concerned?: Operation): Layer => ({
    name,
    ...(concerned && { concerns: (operation) => operation === concerned }),
    around(invocation, next) {
      order.push(name);
      return next(invocation);
    },
  });
  const backend = layered(complete(), [
    noted('inner'),
    noted('heads', 'headObject'),
    noted('outer'),
  ]);
  const ref = { container: 'c', key: 'k' };
  await backend.headObject(ref, { signal: NEVER_ABORTED });
  await backend.deleteObject(ref, { signal: NEVER_ABORTED });
  expect(order).toEqual(['outer', 'heads', 'inner', 'outer', 'inner']);
});

test('layers: what a layer or the backend throws at once is a rejection for the layer around it', async () => {
  const inner: Backend = {
    ...complete(),
    headObject: () => {
      throw new Error('at once');
    },
  };
  const caught: unknown[] = [];
  const catching: Layer = {
    name: 'catching',
    around: (invocation, next) =>
      next(invocation).catch((error: unknown) => {
        caught.push(error);
        throw error;
      }),
  };
  const throwing: Layer = {
    name: 'throwing',
    around() {
      throw new Error('in a layer');
    },
  };
  const ref = { container: 'c', key: 'k' };
  const call = { signal: NEVER_ABORTED };
  const direct = layered(inner, [catching]).headObject(ref, call);
  await expect(direct).rejects.toThrow('at once');
  await expect(layered(inner, [throwing, catching]).headObject(ref, call)).rejects.toThrow(
    'in a layer',
  );
  expect(caught).toMatchObject([{ message: 'at once' }, { message: 'in a layer' }]);
});

test('layers: another body takes the place of the first among the arguments, in each request', async () => {
  const sent: unknown[] = [];
  const inner: Backend = {
    ...complete(),
    putObject: async (...args) => {
      sent.push(args[1]);
      if (sent.length === 1) throw new Error('once more');
      return { ...args[0], size: 1, checksums: [], metaData: {}, extra: {} };
    },
  };
  const bodies = ['a', 'b'].map((text) => bytesBody(Buffer.from(text)));
  const left = [...bodies];
  const backend = layered(inner, [
    { name: 'other', around: (invocation, next) => next(withBody(invocation, left.shift()!)) },
    {
      name: 'twice',
      around: (invocation, next) => next(invocation).catch(() => next(invocation)),
    },
  ]);
  await backend.putObject(
    { container: 'c', key: 'k' },
    bytesBody(Buffer.from('given')),
    { contentType: 'x', metaData: {}, headers: {}, checksums: [] },
    { signal: NEVER_ABORTED },
  );
  expect(sent).toEqual(bodies);
});
