import type { Call, ObjectRef } from '../call.js';
import type { HttpHeaders } from '../http/exchange.js';
import type { SwiftClient } from './client.js';
import { dynamicPrefix, type NamedSegment, readManifest } from './manifest.js';
import { isPossibleKey } from './names.js';
import { isCephManifest, largeKind, SEGMENTS_METADATA } from './object-info.js';
import { ownerOf, type SegmentNames, segmentsMark } from './segment-names.js';

/** The segments of a large object. */
export interface MadeOf {
  /** The upload of ours; undefined: the segments are not ours, or the provider does not say whose they are. */
  readonly uploadId: string | undefined;
  /** Every upload of ours that has a named segment: another tool's manifest may name segments of several. */
  readonly uploadIds: readonly string[];
  /** Where another tool keeps segments of it, as `CONTAINER/NAME`; undefined: nowhere, or the provider does not say. */
  readonly foreign: string | undefined;
  /** The segments were sent for this very object, and go with it. A copy of a manifest shares them with its source. */
  readonly owned: boolean;
  /** False: the provider shows no manifest, and the object says nothing. Nothing may then be removed. */
  readonly isKnown: boolean;
  /** A copy by the provider would share the segments (Ceph). */
  readonly sharedByCopy: boolean;
}

const NO_SEGMENTS_OF_OURS = { uploadId: undefined, uploadIds: [], owned: false } as const;

/** Finds the segments of one object; undefined when there is no such object, or it is no large object. */
export type FindSegments = (
  ref: ObjectRef,
  call: Call,
  /** Asks all replicas. */
  newest?: boolean,
) => Promise<MadeOf | undefined>;

export function findSegments(
  client: Pick<SwiftClient, 'request'>,
  names: SegmentNames,
): FindSegments {
  return async (ref, call, newest = false) => {
    const { container, key } = ref;
    if (!isPossibleKey(key)) return undefined;
    const headers: Record<string, string> = newest ? { 'x-newest': 'true' } : {};
    const about = { action: 'look up', container, key, headers, accept: 404 };
    const head = await client.request({ method: 'HEAD', operation: 'headObject', ...about }, call);
    if (head.status === 404) return undefined;
    const kind = largeKind(head.headers);
    if (kind === 'dynamic')
      return madeOfDynamic(container, head.headers['x-object-manifest'] ?? '');
    if (kind !== 'static') return undefined;
    return madeOfMark(ref, head.headers) ?? madeOfManifest(ref, head.headers, headers, call);
  };

  /** `isKnown` is false where the prefix takes in segments of ours. */
  function madeOfDynamic(container: string, manifest: string): MadeOf {
    const named = dynamicPrefix(manifest);
    const prefix = names.prefixOf(container);
    const isApart =
      named.container !== names.containerOf(container) ||
      !(prefix.startsWith(named.key) || named.key.startsWith(prefix));
    const foreign = `${named.container}/${named.key}`;
    return { ...NO_SEGMENTS_OF_OURS, foreign, isKnown: isApart, sharedByCopy: false };
  }

  async function madeOfManifest(
    ref: ObjectRef,
    headers: HttpHeaders,
    requestHeaders: Readonly<Record<string, string>>,
    call: Call,
  ): Promise<MadeOf | undefined> {
    const manifest = await readManifest(client, ref, requestHeaders, call);
    if (manifest === undefined) return undefined;
    // Ceph shows an empty one, and another tool has changed the metadata that names the upload.
    if (manifest === 'hidden')
      return { ...NO_SEGMENTS_OF_OURS, foreign: undefined, isKnown: false, sharedByCopy: true };
    const sharedByCopy = isCephManifest(headers);
    return { ...(await madeOfNamed(ref, manifest, call)), isKnown: true, sharedByCopy };
  }

  async function madeOfNamed(ref: ObjectRef, named: readonly NamedSegment[], call: Call) {
    const { container } = ref;
    const prefix = names.prefixOf(container);
    const ours = named.filter((segment) => names.isOurs(container, segment));
    const foreign = named.find(
      (segment) => segment.container !== '' && !names.isOurs(container, segment),
    );
    const uploadIds = [
      ...new Set(ours.map(({ key }) => key.slice(prefix.length).split('/', 1)[0] ?? '')),
    ];
    const [first] = ours;
    const [uploadId] = uploadIds;
    // A manifest that mixes segments is another tool's.
    const isPure = uploadIds.length === 1 && foreign === undefined;
    const owned =
      isPure &&
      first !== undefined &&
      uploadId !== undefined &&
      (await isSentFor(ref, uploadId, first, call));
    return {
      uploadId,
      uploadIds,
      owned,
      foreign: foreign && `${foreign.container}/${foreign.key}`,
    };
  }

  /**
   * Whether a segment was sent for this object. If another tool's manifest names the segment, it stays. So do segments
   * that were sent before segments carried the mark, when another tool has replaced the object's metadata.
   */
  async function isSentFor(
    ref: ObjectRef,
    uploadId: string,
    { container, key }: ObjectRef,
    call: Call,
  ): Promise<boolean> {
    const about = { action: 'look up a segment', container, key, accept: 404 } as const;
    const { headers } = await client.request(
      { method: 'HEAD', operation: 'headObject', ...about },
      call,
    );
    return headers[SEGMENTS_METADATA] === segmentsMark(ref, uploadId);
  }
}

/** By the object's own metadata; undefined when it names no upload. */
function madeOfMark(ref: ObjectRef, headers: HttpHeaders): MadeOf | undefined {
  const [uploadId, owner] = (headers[SEGMENTS_METADATA] ?? '').split(' ');
  if (!uploadId || !owner) return undefined;
  return {
    uploadId,
    uploadIds: [uploadId],
    foreign: undefined,
    owned: owner === ownerOf(ref),
    isKnown: true,
    sharedByCopy: isCephManifest(headers),
  };
}
