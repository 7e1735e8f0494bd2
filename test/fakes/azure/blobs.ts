import type { Answer } from '../http-service.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { md5, newEtag, Refusal, type StoredBlob } from './store.js';

const NAMES: Readonly<Record<string, string>> = {
  'x-ms-blob-content-type': 'content-type',
  'x-ms-blob-cache-control': 'cache-control',
  'x-ms-blob-content-encoding': 'content-encoding',
  'x-ms-blob-content-language': 'content-language',
  'x-ms-blob-content-disposition': 'content-disposition',
};
const TIERS = ['Hot', 'Cool', 'Cold', 'Archive'];

export function headersIn(headers: FakeRequest['headers']): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'application/octet-stream' };
  for (const [name, header] of Object.entries(NAMES)) {
    const value = headers[name];
    if (value !== undefined) kept[header] = value;
  }
  return kept;
}

/** Names are identifiers of C#; values ASCII. */
export function metadataIn(headers: FakeRequest['headers']): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-ms-meta-')) continue;
    const key = name.slice(10);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || !/^[\x20-\x7e]*$/.test(value))
      throw new Refusal(400, 'InvalidMetadata');
    metadata[key] = value;
  }
  return metadata;
}

function tierHeaders({ tier, tierInferred, archiveStatus }: StoredBlob): Record<string, string> {
  return {
    'x-ms-access-tier': tier,
    ...(tierInferred && { 'x-ms-access-tier-inferred': 'true' }),
    ...(archiveStatus !== undefined && { 'x-ms-archive-status': archiveStatus }),
  };
}

function tierIn(headers: FakeRequest['headers'], before: StoredBlob | undefined): string {
  const tier = headers['x-ms-access-tier'] ?? before?.tier ?? 'Hot';
  if (!TIERS.includes(tier)) throw new Refusal(400, 'InvalidHeaderValue');
  return tier;
}

/** https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations */
export function checkConditions({ headers }: FakeRequest, present: StoredBlob | undefined): void {
  const { 'if-none-match': none, 'if-match': match, 'if-unmodified-since': since } = headers;
  if (none === '*' && present !== undefined) throw new Refusal(409, 'BlobAlreadyExists');
  if (match !== undefined && match !== present?.etag) throw new Refusal(412, 'ConditionNotMet');
  if (since !== undefined && present !== undefined && present.modifiedMs > Date.parse(since))
    throw new Refusal(412, 'ConditionNotMet');
}

type Made = Pick<StoredBlob, 'bytes' | 'headers' | 'metadata' | 'md5' | 'blocks'> &
  Partial<Pick<StoredBlob, 'copy' | 'tier'>>;

/** Makes a blob, or replaces one; uncommitted blocks of the name are discarded. */
export function storeBlob(request: FakeRequest, rules: FakeRules, made: Made): StoredBlob {
  const { container, key = '', headers } = request;
  const place = rules.store.container(container);
  const before = place.blobs.get(key);
  checkConditions(request, before);
  if (before?.type === 'PageBlob' || before?.type === 'AppendBlob')
    throw new Refusal(409, 'InvalidBlobType');
  if (before?.tier === 'Archive') throw new Refusal(409, 'BlobArchived');
  const nowMs = rules.nowMs();
  rules.changes += 1;
  const blob: StoredBlob = {
    etag: newEtag(),
    modifiedMs: nowMs,
    tier: tierIn(headers, before),
    tierInferred: headers['x-ms-access-tier'] === undefined && (before?.tierInferred ?? true),
    type: 'BlockBlob',
    versionId: `${new Date(nowMs).toISOString().slice(0, -1)}${String(rules.changes).padStart(4, '0')}Z`,
    ...made,
  };
  if (before !== undefined) keepVersion(request, rules, before);
  place.blobs.set(key, blob);
  place.uncommitted.delete(key);
  return blob;
}

function keepVersion(
  { container, key = '' }: FakeRequest,
  rules: FakeRules,
  blob: StoredBlob,
): void {
  if (!rules.versioning) return;
  const { versions } = rules.store.container(container);
  versions.set(key, [...(versions.get(key) ?? []), blob]);
}

export function storedHeaders({ etag, modifiedMs, versionId }: StoredBlob, rules: FakeRules) {
  return {
    etag,
    'last-modified': new Date(modifiedMs).toUTCString(),
    ...(rules.versioning && { 'x-ms-version-id': versionId }),
  };
}

export function putBlob(request: FakeRequest, rules: FakeRules): Answer {
  const { headers, body } = request;
  rules.store.container(request.container);
  if (headers['x-ms-blob-type'] !== 'BlockBlob') throw new Refusal(400, 'MissingRequiredHeader');
  const digest = md5(body);
  if (headers['content-md5'] !== undefined && headers['content-md5'] !== digest)
    throw new Refusal(400, 'Md5Mismatch');
  const blob = storeBlob(request, rules, {
    bytes: body,
    headers: headersIn(headers),
    metadata: metadataIn(headers),
    md5: digest,
    blocks: [],
  });
  return { status: 201, headers: { ...storedHeaders(blob, rules), 'content-md5': digest } };
}

function found(request: FakeRequest, rules: FakeRules): StoredBlob {
  const { container, key = '', query } = request;
  const version = query.get('versionid');
  if (version === undefined) return rules.store.blob(container, key);
  const place = rules.store.container(container);
  const all = [...(place.versions.get(key) ?? []), ...[place.blobs.get(key) ?? []].flat()];
  const blob = all.find(({ versionId }) => versionId === version);
  if (blob === undefined) throw new Refusal(404, 'BlobNotFound');
  return blob;
}

export function getBlob(request: FakeRequest, rules: FakeRules): Answer {
  const blob = found(request, rules);
  const metadata = Object.entries(blob.metadata).map(([name, value]) => [
    `x-ms-meta-${name}`,
    value,
  ]);
  const described: Record<string, string> = {
    ...blob.headers,
    ...Object.fromEntries(metadata),
    ...storedHeaders(blob, rules),
    'x-ms-blob-type': blob.type,
    ...(request.operation === 'HeadBlob' && tierHeaders(blob)),
    'x-ms-lease-status': 'unlocked',
    'x-ms-lease-state': 'available',
    ...(blob.copy !== undefined && {
      'x-ms-copy-id': blob.copy.id,
      'x-ms-copy-status': copyStatus(request, rules, blob),
    }),
  };
  if (request.operation === 'GetBlob' && blob.tier === 'Archive')
    throw new Refusal(409, 'BlobArchived');
  const whole = blob.md5 === undefined ? {} : { 'content-md5': blob.md5 };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers['x-ms-range'] ?? '');
  if (range === null || request.operation === 'HeadBlob')
    return { status: 200, headers: { ...described, ...whole }, body: blob.bytes };
  const [start, end] = [Number(range[1]), range[2] === '' ? undefined : Number(range[2]) + 1];
  if (start >= blob.bytes.byteLength) throw new Refusal(416, 'InvalidRange');
  const body = blob.bytes.subarray(start, end);
  return {
    status: 206,
    headers: {
      ...described,
      ...(blob.md5 !== undefined && { 'x-ms-blob-content-md5': blob.md5 }),
      'content-range': `bytes ${start}-${start + body.byteLength - 1}/${blob.bytes.byteLength}`,
    },
    body,
  };
}

/** A copy in the background is found pending as often as the rules say. */
function copyStatus(
  { container, key = '' }: FakeRequest,
  rules: FakeRules,
  blob: StoredBlob,
): string {
  if (blob.copy?.status !== 'pending' || rules.pendingLooks > 0) {
    if (blob.copy?.status === 'pending') rules.pendingLooks -= 1;
    return blob.copy?.status ?? 'success';
  }
  const source = rules.pendingCopies.get(blob.copy.id);
  const done = {
    ...blob,
    ...source,
    copy: { id: blob.copy.id, status: rules.copiesFail ? 'failed' : 'success' },
  };
  rules.store.container(container).blobs.set(key, done);
  return done.copy.status;
}

export function deleteBlob(request: FakeRequest, rules: FakeRules): Answer {
  const { container, key = '', query } = request;
  const place = rules.store.container(container);
  const version = query.get('versionid');
  if (version !== undefined) {
    found(request, rules);
    place.versions.set(
      key,
      (place.versions.get(key) ?? []).filter(({ versionId }) => versionId !== version),
    );
    return { status: 202 };
  }
  const blob = place.blobs.get(key);
  if (blob === undefined && !place.uncommitted.has(key)) throw new Refusal(404, 'BlobNotFound');
  checkConditions(request, blob);
  if (blob?.hasSnapshots) throw new Refusal(409, 'SnapshotsPresent');
  if (blob !== undefined) keepVersion(request, rules, blob);
  place.blobs.delete(key);
  place.uncommitted.delete(key);
  return { status: 202 };
}

/** Changes of what is said of a blob, which leave its content. */
export function changeBlob(request: FakeRequest, rules: FakeRules): Answer {
  const { container, key = '', headers, operation } = request;
  const before = rules.store.blob(container, key);
  if (operation === 'SetTier') {
    const changed = { ...before, tier: tierIn(headers, before), tierInferred: false };
    rules.store.container(container).blobs.set(key, changed);
    return { status: 200 };
  }
  checkConditions(request, before);
  const changed =
    operation === 'SetMetadata'
      ? { ...before, metadata: metadataIn(headers) }
      : { ...before, headers: headersIn(headers), md5: headers['x-ms-blob-content-md5'] };
  const blob = { ...changed, etag: newEtag(), modifiedMs: rules.nowMs() };
  rules.store.container(container).blobs.set(key, blob);
  return { status: 200, headers: storedHeaders(blob, rules) };
}
