import type { Call, ObjectRef } from '../call.js';
import type { SwiftClient } from './client.js';
import { readEntries, readList } from './json.js';
import { largeKind } from './object-info.js';
import { nextPage, pageQuery } from './paging.js';

// https://docs.openstack.org/swift/latest/overview_large_objects.html

/** A segment, as a manifest names it or a listing finds it. */
export interface NamedSegment extends ObjectRef {
  /** Undefined: not said. */
  readonly bytes: number | undefined;
  /** All of one object that is no manifest itself. Only of such segments the ETag of the whole is made of MD5s of content. */
  readonly isPlain: boolean;
}

/**
 * What a static large object is made of, in order. `hidden`: the provider shows an empty manifest, as Ceph does. Undefined:
 * the object is not there, or is none.
 */
export async function readManifest(
  client: Pick<SwiftClient, 'request'>,
  { container, key }: ObjectRef,
  headers: Readonly<Record<string, string>>,
  call: Call,
): Promise<readonly NamedSegment[] | 'hidden' | undefined> {
  const about = {
    action: 'read the manifest',
    container,
    key,
    headers,
    accept: 404,
    query: { 'multipart-manifest': 'get' },
  };
  const answer = await client.request({ method: 'GET', operation: 'getManifest', ...about }, call);
  if (answer.status === 404) return undefined;
  if (answer.body.byteLength === 0) return 'hidden';
  if (largeKind(answer.headers) !== 'static') return undefined;
  return readList('read the manifest', answer.body).map(namedSegment);
}

/** `data` is content within the manifest itself. */
function namedSegment({
  name,
  bytes,
  range,
  sub_slo: sub,
  data,
}: Readonly<Record<string, unknown>>): NamedSegment {
  const ref = splitPath(typeof name === 'string' ? name : '');
  return {
    ...ref,
    bytes: typeof bytes === 'number' ? bytes : undefined,
    isPlain: range === undefined && data === undefined && sub !== true,
  };
}

/** Where the segments of a dynamic large object are: all objects of the container whose names begin with `key`. */
export function dynamicPrefix(manifest: string): ObjectRef {
  let decoded = manifest;
  try {
    decoded = decodeURIComponent(manifest);
  } catch {
    // Another tool wrote it without encoding.
  }
  return splitPath(decoded);
}

/** What a dynamic large object is made of now; undefined: of more than `most`. */
export async function listDynamic(
  client: Pick<SwiftClient, 'request'>,
  { container, key: prefix }: ObjectRef,
  most: number,
  call: Call,
): Promise<readonly NamedSegment[] | undefined> {
  const action = 'list the segments';
  const found: NamedSegment[] = [];
  let after: string | undefined;
  do {
    const query = pageQuery(prefix, after, undefined);
    const { body } = await client.request(
      { method: 'GET', operation: 'getContainer', action, container, query },
      call,
    );
    const entries = readEntries(action, body);
    for (const { name, bytes, slo_etag: manifest } of entries)
      found.push({
        container,
        key: name,
        bytes: typeof bytes === 'number' ? bytes : undefined,
        isPlain: manifest === undefined,
      });
    if (found.length > most) return undefined;
    after = nextPage(
      action,
      entries.map(({ name }) => name),
      after,
    );
  } while (after !== undefined);
  return found;
}

function splitPath(path: string): ObjectRef {
  const [container = '', key = ''] = path.replace(/^\//, '').split(/\/(.*)/s, 2);
  return { container, key };
}
