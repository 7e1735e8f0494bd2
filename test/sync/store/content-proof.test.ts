import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import type { ObjectInfo } from '../../../src/drivers/call.js';
import { ObjectError, ObjectHashMismatchError } from '../../../src/drivers/errors.js';
import { memoryBackend } from '../../../src/drivers/memory/backend.js';
import { compositeEtag } from '../../../src/drivers/s3/etag.js';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { findProof, openContentCheck } from '../../../src/sync/store/content-proof.js';

const CONTENT = Buffer.alloc(25, 'content');
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const PARTS = [CONTENT.subarray(0, 10), CONTENT.subarray(10, 20), CONTENT.subarray(20)];
const ETAG = compositeEtag(PARTS.map(md5));
const signal = new AbortController().signal;

const info: ObjectInfo = {
  container: 'c',
  key: 'k',
  size: 25,
  checksums: [],
  metaData: {},
  extra: { etag: ETAG },
};
const record: ObjectRecord = {
  state: 'confirmed',
  kind: 'file',
  size: 25,
  mtimeNs: 0n,
  ctimeNs: 0n,
  inode: 0n,
  mode: 0,
  uid: 0,
  gid: 0,
  md5: md5(CONTENT),
  hashedAtMs: 0,
  etag: ETAG,
};

/** A provider whose ETags of objects in parts are those of S3, and that shows the parts when asked. */
function backendWithParts(cuts: readonly number[] | undefined): Backend {
  const memory = memoryBackend();
  const { multipart } = memory.capabilities;
  if (multipart === undefined) throw new Error('the memory driver has parts');
  return {
    ...memory,
    capabilities: {
      ...memory.capabilities,
      multipart: {
        ...multipart,
        etagOfParts: (_, parts) => compositeEtag(parts.map((part) => part.md5)),
        cutsOf: async () => cuts,
      },
    },
  };
}

const hashedInParts = { ...record, md5: '', md5Parts: ETAG.slice(1, 33), partSize: 10 };

const checksum = {
  algorithm: 'sha256',
  hex: createHash('sha256').update(CONTENT).digest('hex'),
} as const;
const base64 = createHash('md5').update(CONTENT).digest('base64');

test.each<
  [string, Partial<ObjectInfo>, ObjectRecord | undefined, readonly number[] | undefined, string]
>([
  [
    'the provider’s checksum, before all else',
    { checksums: [checksum] },
    record,
    [10, 10, 5],
    'checksum',
  ],
  ['the index, of an object with the same ETag', {}, record, [10, 10, 5], 'index'],
  ['the index, of an upload that was hashed in parts', {}, hashedInParts, undefined, 'index'],
  ['md5chksum of rclone', { metaData: { md5chksum: base64 } }, undefined, undefined, 'metadata'],
  [
    'md5 of s3cmd',
    { metaData: { 's3cmd-attrs': `gid:0/md5:${md5(CONTENT)}/mode:33188` } },
    undefined,
    undefined,
    'metadata',
  ],
  ['the parts that the provider shows', {}, undefined, [10, 10, 5], 'parts'],
  [
    'the part size of the index',
    {},
    { ...record, etag: 'other', partSize: 10 },
    undefined,
    'parts',
  ],
  ['the index, where nothing else says anything', { extra: {} }, record, undefined, 'index'],
])('content is proven by %s', async (_, differences, known, cuts, by) => {
  const backend = backendWithParts(cuts);
  const object = { ...info, ...differences };
  const proof = await findProof(backend, object, known, signal);
  expect(proof?.by).toBe(by);

  const good = openContentCheck(backend, object, proof);
  for (const part of [CONTENT.subarray(0, 7), CONTENT.subarray(7, 8), CONTENT.subarray(8)])
    good.update(part);
  good.finish();

  const bad = openContentCheck(backend, object, proof);
  const flipped = Buffer.from(CONTENT);
  flipped.writeUInt8(flipped.readUInt8(13) ^ 1, 13);
  bad.update(flipped);
  expect(() => bad.finish()).toThrow(ObjectHashMismatchError);
});

test('content is not proven by a record of bytes that were being sent, nor by malformed metadata', async () => {
  const metaData = { md5chksum: 'bm8gbWQ1', 's3cmd-attrs': 'md5:none' };
  const sending = { ...record, state: 'sending' } as const;
  expect(
    await findProof(backendWithParts(undefined), { ...info, metaData }, sending, signal),
  ).toBeUndefined();
});

test('an object without any digest must have its size', () => {
  const check = openContentCheck(memoryBackend(), info, undefined);
  check.update(CONTENT.subarray(1));
  expect(() => check.finish()).toThrow(ObjectError);
});
