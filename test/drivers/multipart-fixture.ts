import type { Backend } from '../../src/drivers/backend.js';
import type { Body } from '../../src/drivers/call.js';
import type { UploadToken } from '../../src/drivers/capabilities.js';
import { StorageError } from '../../src/drivers/errors.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { sendInParts } from '../../src/drivers/multipart.js';
import { hashInParts } from '../../src/parts-digest.js';
import { faulty } from '../fakes/faulty-backend.js';
import { call, plain, readAll } from './conformance/fixture.js';

export const ref = { container: 'c', key: 'folder/large' };
export const MIN = 1024;
export const trouble = () => new StorageError('trouble', { driver: 'memory', retry: 'backoff' });

export async function rig(maxParts = 10_000) {
  const memory = memoryBackend({ partSize: { min: MIN, max: 1024 * MIN, maxParts } });
  await memory.createContainer('c', call);
  const { backend, faults } = faulty(memory);
  const send = (
    body: Body,
    settings: Partial<Parameters<typeof sendInParts>[5]> = {},
    through: Backend = backend,
  ) =>
    sendInParts(through, through.capabilities.multipart!, ref, body, plain, {
      signal: call.signal,
      ...settings,
    });
  const stored = async () => readAll(await memory.readObject(ref, undefined, call));
  const unfinished = () => memory.capabilities.multipart!.unfinished('c', '', call);
  return { memory, backend, faults, send, stored, unfinished };
}

/** A body that can seek and is not in memory, and records what was read of it. */
export function seekable(
  content: Buffer,
  reads: (readonly [number, number])[] = [],
  from = 0,
  to = content.byteLength,
): Body {
  return {
    size: to - from,
    replayable: true,
    async *open() {
      reads.push([from, to]);
      yield content.subarray(from, to);
    },
    slice: (start, end) => seekable(content, reads, from + start, Math.min(from + end, to)),
  };
}

export function keeper() {
  const kept: UploadToken[] = [];
  return {
    kept,
    keep: async (token: UploadToken) => void kept.push(JSON.parse(JSON.stringify(token))),
  };
}

/** Hex MD5 of the MD5s of the content's parts of so many bytes. */
export function digestIn(partSize: number, content: Uint8Array): string {
  const hash = hashInParts(partSize);
  hash.update(content);
  return hash.digest().hex;
}
