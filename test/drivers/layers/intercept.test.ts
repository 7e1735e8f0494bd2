import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Capabilities, Cdn, Versions } from '../../../src/drivers/capabilities.js';
import { EFFECTS, intercept, type Operation } from '../../../src/drivers/layers/intercept.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
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
    versions: named<Versions>(['keepsVersions', 'listVersions', 'readVersion', 'deleteVersion']),
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
    intercept(complete(), ({ operation, args, body, call: given }, run) => {
      expect(given).toBe(call);
      seen.push({ operation, args, body });
      return run();
    }),
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
  const { capabilities, name, hashType } = intercept(bare, (_, run) => run());
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
