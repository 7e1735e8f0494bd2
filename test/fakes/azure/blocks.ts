import { randomUUID } from 'node:crypto';
import type { Answer } from '../http-service.js';
import { headersIn, metadataIn, storeBlob, storedHeaders } from './blobs.js';
import { blockListXml } from './containers.js';
import { mayReadSource } from './identity.js';
import { ACCOUNT, type FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { type Block, md5, newEtag, Refusal, type StoredBlob } from './store.js';

const MOST_UNCOMMITTED = 100_000;

function stage({ container, key = '', query }: FakeRequest, rules: FakeRules, bytes: Buffer): void {
  const { uncommitted, blobs } = rules.store.container(container);
  const id = query.get('blockid') ?? '';
  const raw = Buffer.from(id, 'base64');
  if (raw.toString('base64') !== id || raw.byteLength === 0 || raw.byteLength > 64)
    throw new Refusal(400, 'InvalidQueryParameterValue');
  if (bytes.byteLength === 0) throw new Refusal(400, 'InvalidHeaderValue');
  if (blobs.get(key)?.tier === 'Archive') throw new Refusal(409, 'BlobArchived');
  const blocks = uncommitted.get(key) ?? [];
  // All ids of a name have one length, also those of different writers.
  if (blocks.some((block) => Buffer.from(block.id, 'base64').byteLength !== raw.byteLength))
    throw new Refusal(400, 'InvalidBlobOrBlock');
  if (blocks.length >= MOST_UNCOMMITTED) throw new Refusal(409, 'BlockCountExceedsLimit');
  uncommitted.set(key, [...blocks.filter((block) => block.id !== id), { id, bytes }]);
}

export function putBlock(request: FakeRequest, rules: FakeRules): Answer {
  const { headers, body } = request;
  rules.store.container(request.container);
  const digest = md5(body);
  const given = headers['content-md5'];
  if (given !== undefined && given !== digest) throw new Refusal(400, 'Md5Mismatch');
  stage(request, rules, body);
  return { status: 201, headers: given === undefined ? {} : { 'content-md5': digest } };
}

export function getBlockList({ container, key = '' }: FakeRequest, rules: FakeRules): Answer {
  const { blobs, uncommitted } = rules.store.container(container);
  const blob = blobs.get(key);
  const blocks = uncommitted.get(key);
  if (blob === undefined && blocks === undefined) throw new Refusal(404, 'BlobNotFound');
  // Sorted by id, so that nothing depends on the order in which they came.
  const sorted = [...(blocks ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: blockListXml(blob?.blocks ?? [], sorted),
  };
}

export function putBlockList(request: FakeRequest, rules: FakeRules): Answer {
  const { container, key = '', headers, body } = request;
  const { uncommitted } = rules.store.container(container);
  const digest = md5(body);
  if (headers['content-md5'] !== undefined && headers['content-md5'] !== digest)
    throw new Refusal(400, 'Md5Mismatch');
  const sent = uncommitted.get(key) ?? [];
  const blocks = [...body.toString().matchAll(/<Uncommitted>([^<]*)<\/Uncommitted>/g)].map(
    ([, id]): Block => {
      const block = sent.find((each) => each.id === id);
      if (block === undefined) throw new Refusal(400, 'InvalidBlockList');
      return block;
    },
  );
  const blob = storeBlob(request, rules, {
    bytes: Buffer.concat(blocks.map(({ bytes }) => bytes)),
    headers: headersIn(headers),
    metadata: metadataIn(headers),
    md5: headers['x-ms-blob-content-md5'],
    blocks,
  });
  return { status: 201, headers: { ...storedHeaders(blob, rules), 'content-md5': digest } };
}

/** The source of a copy, read by its URL as any client would. */
function sourceOf(request: FakeRequest, rules: FakeRules): StoredBlob {
  const { headers } = request;
  const text = headers['x-ms-copy-source'] ?? '';
  const [address = '', rawQuery = ''] = text.split(/\?(.*)/s, 2);
  // A proxy of the tests has another host.
  const below = new RegExp(`^https?://[^/]+/${ACCOUNT}/(.*)$`, 's').exec(address)?.[1];
  if (below === undefined) throw new Refusal(404, 'CannotVerifyCopySource');
  const [container, key] = below.split(/\/(.*)/s, 2).map(decodeURIComponent);
  const query = new Map([...new URLSearchParams(rawQuery.replaceAll('+', '%2B'))]);
  const bearer = headers['x-ms-copy-source-authorization'];
  const asked = {
    'x-ms-version': '2023-11-03',
    ...(bearer !== undefined && { authorization: bearer }),
  };
  mayReadSource(
    { ...request, method: 'GET', operation: 'GetBlob', container, key, query, headers: asked },
    rules,
  );
  const source = rules.store.containers.get(container ?? '')?.blobs.get(key ?? '');
  if (source === undefined) throw new Refusal(404, 'CannotVerifyCopySource');
  const match = headers['x-ms-source-if-match'];
  if (match !== undefined && match !== source.etag) throw new Refusal(412, 'SourceConditionNotMet');
  if (source.tier === 'Archive') throw new Refusal(409, 'BlobArchived');
  return source;
}

export function copyBlob(request: FakeRequest, rules: FakeRules): Answer {
  const { container, headers } = request;
  rules.store.container(container);
  const sync = headers['x-ms-requires-sync'] === 'true';
  if (sync && !rules.hasCopyByUrl) throw new Refusal(501, 'NotImplemented');
  const source = sourceOf(request, rules);
  if (sync && source.bytes.byteLength > rules.largestCopy)
    throw new Refusal(409, 'CannotVerifyCopySource');
  const given = metadataIn(headers);
  const id = randomUUID();
  const isPending = !sync && rules.pendingLooks > 0;
  const made = {
    bytes: source.bytes,
    headers: source.headers,
    metadata: Object.keys(given).length > 0 ? given : source.metadata,
    md5: source.md5,
    blocks: source.blocks,
  };
  rules.pendingCopies.set(id, made);
  const blob = storeBlob(request, rules, {
    ...made,
    ...(isPending && { bytes: Buffer.alloc(0) }),
    copy: { id, status: isPending ? 'pending' : 'success' },
  });
  return {
    status: 202,
    headers: {
      ...storedHeaders(blob, rules),
      'x-ms-copy-id': id,
      'x-ms-copy-status': isPending ? 'pending' : 'success',
    },
  };
}

export function putBlockFromUrl(request: FakeRequest, rules: FakeRules): Answer {
  rules.store.container(request.container);
  if (!rules.hasCopyByUrl) throw new Refusal(501, 'NotImplemented');
  const source = sourceOf(request, rules);
  const [, start, end] =
    /^bytes=(\d+)-(\d+)$/.exec(request.headers['x-ms-source-range'] ?? '') ?? [];
  stage(request, rules, source.bytes.subarray(Number(start ?? 0), Number(end ?? Number.NaN) + 1));
  return { status: 201, headers: { etag: newEtag() } };
}
