import type { Answer } from '../http-service.js';
import { json } from './answer.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { type Fields, inOrder, Refusal, resourceOf, type StoredObject } from './store.js';

function bucketResource(name: string, fields: Fields): Fields {
  return {
    kind: 'storage#bucket',
    id: name,
    name,
    location: 'US',
    storageClass: 'STANDARD',
    ...fields,
  };
}

export function listBuckets({ query }: FakeRequest, { store, pageLimit }: FakeRules): Answer {
  if (!query.get('project')) throw new Refusal(400, 'required', 'Required parameter: project');
  const after = query.get('pageToken') ?? '';
  const names = inOrder(store.buckets.keys()).filter((name) => name > after);
  const limit = Math.min(pageLimit, Number(query.get('maxResults') ?? pageLimit));
  const page = names.slice(0, limit);
  return json(
    {
      kind: 'storage#buckets',
      ...(names.length > limit && { nextPageToken: page.at(-1) }),
      items: page.map((name) => bucketResource(name, store.bucket(name).fields)),
    },
    query.get('fields'),
  );
}

export function createBucket({ query, body }: FakeRequest, { store, nowMs }: FakeRules): Answer {
  if (!query.get('project')) throw new Refusal(400, 'required', 'Required parameter: project');
  const { name, ...given } = JSON.parse(body.toString('utf8')) as { name: string };
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name)) throw new Refusal(400, 'invalid');
  if (store.buckets.has(name)) throw new Refusal(409, 'conflict');
  const fields = { ...given, timeCreated: new Date(nowMs()).toISOString() };
  store.buckets.set(name, { objects: new Map(), fields });
  return json(bucketResource(name, fields), query.get('fields'));
}

export function getBucket({ query, bucket = '' }: FakeRequest, { store }: FakeRules): Answer {
  return json(bucketResource(bucket, store.bucket(bucket).fields), query.get('fields'));
}

export function deleteBucket({ bucket = '' }: FakeRequest, { store }: FakeRules): Answer {
  if (store.bucket(bucket).objects.size > 0)
    throw new Refusal(409, 'conflict', 'The bucket you tried to delete is not empty.');
  store.buckets.delete(bucket);
  return { status: 204 };
}

/** `isRepeated`: the page that was given before is given again, with the token that it was asked with. */
export function listObjects(
  { query, bucket = '' }: FakeRequest,
  { store, pageLimit }: FakeRules,
  isRepeated: boolean,
): Answer {
  const { objects } = store.bucket(bucket);
  const prefix = query.get('prefix') ?? '';
  const start = query.get('startOffset') ?? '';
  const token = query.get('pageToken');
  const after = token === undefined || isRepeated ? undefined : placeIn(token);
  const withVersions = query.get('versions') === 'true';
  const found = inOrder(objects.keys())
    .filter((key) => key.startsWith(prefix) && isFrom(key, start))
    .flatMap((key) =>
      (objects.get(key) ?? []).filter((each) => withVersions || each.deletedMs === undefined),
    )
    .filter((each) => after === undefined || isBehind(each, after));
  const limit = Math.min(pageLimit, Number(query.get('maxResults') ?? pageLimit));
  const page = found.slice(0, limit);
  const next = isRepeated ? (token ?? tokenOf(page.at(-1))) : tokenOf(page.at(-1));
  const { prefixes, others } = grouped(page, prefix, query.get('delimiter'));
  return json(
    {
      kind: 'storage#objects',
      ...(found.length > limit && { nextPageToken: next }),
      ...(prefixes.length > 0 && { prefixes }),
      ...(others.length > 0 && { items: others.map((each) => resourceOf(bucket, each)) }),
    },
    query.get('fields'),
  );
}

/** What has the delimiter behind the prefix is one prefix, and no object of its own. */
function grouped(
  page: readonly StoredObject[],
  prefix: string,
  delimiter: string | undefined,
): { readonly prefixes: readonly string[]; readonly others: readonly StoredObject[] } {
  if (!delimiter) return { prefixes: [], others: page };
  const prefixOf = ({ key }: StoredObject) => {
    const end = key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  return {
    prefixes: [...new Set(page.flatMap((each) => prefixOf(each) ?? []))],
    others: page.filter((each) => prefixOf(each) === undefined),
  };
}

function isFrom(key: string, start: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(start)) >= 0;
}

interface ListedPlace {
  readonly key: string;
  readonly generation: string;
}

function tokenOf(last: StoredObject | undefined): string {
  const place = { key: last?.key, generation: last?.generation };
  return Buffer.from(JSON.stringify(place)).toString('base64');
}

function placeIn(token: string): ListedPlace {
  return JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as ListedPlace;
}

function isBehind({ key, generation }: StoredObject, place: ListedPlace): boolean {
  const order = Buffer.compare(Buffer.from(key), Buffer.from(place.key));
  return order > 0 || (order === 0 && BigInt(generation) > BigInt(place.generation));
}
