import type { Answer } from '../http-service.js';
import type { Fault } from './faults.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { type Block, emptyContainer, newEtag, Refusal, type StoredBlob } from './store.js';

const XML = { 'content-type': 'application/xml' };

export const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const element = (name: string, value: string | undefined) =>
  value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;

export function createContainer(
  { container = '' }: FakeRequest,
  { store, beingDeleted }: FakeRules,
): Answer {
  if (!/^[a-z0-9](-?[a-z0-9])+$/.test(container)) throw new Refusal(400, 'InvalidResourceName');
  if (store.containers.has(container)) throw new Refusal(409, 'ContainerAlreadyExists');
  if (beingDeleted.has(container)) throw new Refusal(409, 'ContainerBeingDeleted');
  store.containers.set(container, emptyContainer());
  return { status: 201, headers: { etag: newEtag(), 'last-modified': new Date().toUTCString() } };
}

export function headContainer({ container }: FakeRequest, { store }: FakeRules): Answer {
  store.container(container);
  return {
    status: 200,
    headers: {
      etag: newEtag(),
      'last-modified': new Date().toUTCString(),
      'x-ms-lease-status': 'unlocked',
    },
  };
}

/** Not checked for emptiness, as at the service. */
export function deleteContainer({ container = '' }: FakeRequest, { store }: FakeRules): Answer {
  store.container(container);
  store.containers.delete(container);
  return { status: 202 };
}

/** Entries after the marker, and where the next page begins. */
function page<T>(
  { query }: FakeRequest,
  entries: readonly T[],
  markerOf: (entry: T) => string,
  limit: number,
  ignoreMarker: boolean,
): { readonly entries: readonly T[]; readonly next: string } {
  const marker = ignoreMarker ? '' : (query.get('marker') ?? '');
  const from = entries.findIndex((entry) => marker === '' || markerOf(entry) >= marker);
  const rest = from < 0 ? [] : entries.slice(from);
  const most = Math.min(limit, Number(query.get('maxresults') ?? limit));
  const following = rest[most];
  return { entries: rest.slice(0, most), next: following === undefined ? '' : markerOf(following) };
}

export function listContainers(request: FakeRequest, { store, pageLimit }: FakeRules): Answer {
  const names = [...store.containers.keys()].sort();
  const { entries, next } = page(request, names, (name) => name, pageLimit, false);
  const listed = entries.map(
    (name) =>
      `<Container><Name>${name}</Name><Properties><Last-Modified>Mon, 30 Nov 2026 00:00:00 GMT</Last-Modified><Etag>"0x8"</Etag></Properties></Container>`,
  );
  return {
    status: 200,
    headers: XML,
    body: `\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x"><Containers>${listed.join('')}</Containers><NextMarker>${next}</NextMarker></EnumerationResults>`,
  };
}

export function serviceProperties({ softDelete }: FakeRules): Answer {
  const policy =
    softDelete === '' ? '' : `<DeleteRetentionPolicy>${softDelete}</DeleteRetentionPolicy>`;
  return {
    status: 200,
    headers: XML,
    body: `\ufeff<?xml version="1.0" encoding="utf-8"?><StorageServiceProperties><Logging><Version>1.0</Version></Logging><Cors />${policy}</StorageServiceProperties>`,
  };
}

interface Entry {
  readonly key: string;
  /** Undefined: only blocks of it were sent. */
  readonly blob: StoredBlob | undefined;
  readonly isCurrent: boolean;
  /** What blobs' names have in common up to the delimiter, and no blob. */
  readonly isPrefix?: true;
}

/** What has the delimiter behind the prefix is one prefix, and no blob of its own. */
function grouped(entries: readonly Entry[], prefix: string, delimiter: string): readonly Entry[] {
  const prefixes = new Map<string, Entry>();
  const others = entries.filter(({ key }) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) return true;
    const common = key.slice(0, end + delimiter.length);
    prefixes.set(common, { key: common, blob: undefined, isCurrent: false, isPrefix: true });
    return false;
  });
  return [...others, ...prefixes.values()];
}

/** Ordered by UTF-16 units: the service promises no order of bytes. */
export function listBlobs(
  request: FakeRequest,
  rules: FakeRules,
  fault: Fault | undefined,
): Answer {
  const { query, container } = request;
  const { blobs, uncommitted, versions } = rules.store.container(container);
  const prefix = query.get('prefix') ?? '';
  const include = query.get('include') ?? '';
  const entries: Entry[] = [...blobs].map(([key, blob]) => ({ key, blob, isCurrent: true }));
  if (include.includes('versions'))
    for (const [key, earlier] of versions)
      entries.push(...earlier.map((blob) => ({ key, blob, isCurrent: false })));
  if (include.includes('uncommittedblobs'))
    for (const key of uncommitted.keys())
      if (!blobs.has(key)) entries.push({ key, blob: undefined, isCurrent: false });
  const markerOf = ({ key, blob }: Entry) =>
    `2!${Buffer.from(`${key}\0${blob?.versionId ?? ''}`, 'utf16le')
      .swap16()
      .toString('hex')}`;
  const below = entries.filter(({ key }) => key.startsWith(prefix));
  const sorted = grouped(below, prefix, query.get('delimiter') ?? '').toSorted((a, b) =>
    markerOf(a) < markerOf(b) ? -1 : 1,
  );
  const found = page(request, sorted, markerOf, rules.pageLimit, fault?.kind === 'ignore-marker');
  const isHeldBack = rules.emptyFirstPage && !query.has('marker') && sorted.length > 0;
  const listed = isHeldBack ? [] : found.entries;
  const next = isHeldBack && sorted[0] !== undefined ? markerOf(sorted[0]) : found.next;
  const body = listed.map((entry) => blobElement(entry, include, rules)).join('');
  return {
    status: 200,
    headers: XML,
    body: `\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${rules.origin()}/" ContainerName="${container}"><Blobs>${body}</Blobs>${next === '' ? '<NextMarker />' : `<NextMarker>${next}</NextMarker>`}</EnumerationResults>`,
  };
}

function blobElement(entry: Entry, include: string, rules: FakeRules): string {
  const { key, blob, isCurrent, isPrefix } = entry;
  const name = /[\ufffe\uffff]/.test(key)
    ? `<Name Encoded="true">${encodeURIComponent(key)}</Name>`
    : `<Name>${escapeXml(key)}</Name>`;
  if (isPrefix) return `<BlobPrefix>${name}</BlobPrefix>`;
  if (blob === undefined)
    return `<Blob>${name}<Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`;
  const version =
    rules.versioning && include.includes('versions')
      ? element('VersionId', blob.versionId) +
        (isCurrent ? element('IsCurrentVersion', 'true') : '')
      : '';
  const properties = [
    element('Last-Modified', new Date(blob.modifiedMs).toUTCString()),
    element('Etag', blob.etag.replaceAll('"', '')),
    element('Content-Length', String(blob.bytes.byteLength)),
    element('Content-Type', blob.headers['content-type']),
    element('Content-Encoding', blob.headers['content-encoding']) || '<Content-Encoding />',
    element('Cache-Control', blob.headers['cache-control']),
    element('Content-MD5', blob.md5),
    element('BlobType', blob.type),
    element('AccessTier', blob.tier),
    element('ArchiveStatus', blob.archiveStatus),
    element('AccessTierInferred', blob.tierInferred ? 'true' : undefined),
    element('LeaseStatus', 'unlocked'),
    element('LeaseState', 'available'),
  ].join('');
  const metadata = Object.entries(blob.metadata).map(([each, value]) => element(each, value));
  const described = include.includes('metadata') ? `<Metadata>${metadata.join('')}</Metadata>` : '';
  return `<Blob>${name}${version}<Properties>${properties}</Properties>${described}</Blob>`;
}

export function blockListXml(committed: readonly Block[], uncommitted: readonly Block[]): string {
  const list = (name: string, blocks: readonly Block[]) =>
    `<${name}>${blocks.map(({ id, bytes }) => `<Block><Name>${id}</Name><Size>${bytes.byteLength}</Size></Block>`).join('')}</${name}>`;
  return `\ufeff<?xml version="1.0" encoding="utf-8"?><BlockList>${list('CommittedBlocks', committed)}${list('UncommittedBlocks', uncommitted)}</BlockList>`;
}
