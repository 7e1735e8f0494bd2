import { hash } from 'node:crypto';
import type { Call, ObjectRef } from '../call.js';
import type { Part } from '../capabilities.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  UnsupportedOperationError,
} from '../errors.js';
import type { DeleteTogether } from './bulk-delete.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { listedSize, readEntries } from './json.js';
import { dynamicPlace, type NamedSegment, readManifest } from './manifest.js';
import { isPossibleKey } from './names.js';
import { isCephManifest, largeKind, SEGMENTS_METADATA } from './object-info.js';
import { nextPage, pageQuery } from './paging.js';

/**
 * Segments of large objects, which we keep as `longshore/segments/CONTAINER/UPLOAD/NNNNN` in a container of their own.
 * Each upload has a name that is never used again, so that replacing an object never touches what it was made of
 * (https://github.com/rclone/rclone/issues/1737). Nothing that is named otherwise is ever deleted here.
 */
export interface Segments {
  /** Where those of a container's objects are; not necessarily there yet. */
  containerOf(container: string): string;
  keyOf(container: string, uploadId: string, number: number): string;
  /** Whether an object is named as the segments of the container's objects are. */
  isOurs(container: string, segment: ObjectRef): boolean;
  /** Makes the container, if it is not there. */
  createContainerOf(container: string, call: Call): Promise<void>;
  /** Only when it was named after this container and is empty. */
  removeContainerOf(container: string, call: Call): Promise<void>;
  /** In ascending order. */
  list(container: string, uploadId: string, call: Call): Promise<readonly Part[]>;
  remove(container: string, uploadId: string, call: Call): Promise<void>;
  /** What the object is made of. Undefined: it is not there, or is no large object. `newest`: asks all replicas. */
  madeOf(ref: ObjectRef, call: Call, newest?: boolean): Promise<MadeOf | undefined>;
  /**
   * False when no object of the container is known to be made of segments: there are none of ours, and this client has seen no
   * large object. Remembered for a minute, or until `begin`.
   */
  mayExist(container: string, call: Call): Promise<boolean>;
  /** Some are about to be sent. Throws UnsupportedOperationError where their container is that of the objects. */
  begin(container: string): void;
}

/** The segments of a large object. */
export interface MadeOf {
  /** The upload of ours; undefined: the segments are not ours, or the provider does not say whose they are. */
  readonly uploadId: string | undefined;
  /** Every upload of ours of which segments are named: another tool's manifest may name those of several. */
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

/** As the value of SEGMENTS_METADATA. */
export function segmentsMark(ref: ObjectRef, uploadId: string): string {
  return `${uploadId} ${ownerOf(ref)}`;
}

function ownerOf({ container, key }: ObjectRef): string {
  return hash('md5', `${container}/${key}`, 'hex');
}

const REMEMBERED_MS = 60_000;
const folderOf = (container: string) => `longshore/segments/${container}/`;

export function segmentStore(
  { client, settings, clock, withLarge }: SwiftContext,
  deleteTogether: DeleteTogether,
): Segments {
  const noneUntil = new Map<string, number>();
  const some = new Set<string>();

  function containerOf(container: string): string {
    return settings.segments_container.replaceAll('{container}', () => container);
  }

  async function page(
    container: string,
    prefix: string,
    after: string | undefined,
    size: number | undefined,
    call: Call,
  ) {
    const { body } = await client.request(
      {
        method: 'GET',
        operation: 'getContainer',
        action: 'list the segments',
        container: containerOf(container),
        query: pageQuery(prefix, after, size),
      },
      call,
    );
    return readEntries('list the segments', body);
  }

  async function list(container: string, uploadId: string, call: Call): Promise<readonly Part[]> {
    const prefix = `${folderOf(container)}${uploadId}/`;
    const parts: Part[] = [];
    let after: string | undefined;
    do {
      const entries = await page(container, prefix, after, undefined, call);
      for (const entry of entries) {
        const number = /^\d{5}$/.exec(entry.name.slice(prefix.length))?.[0];
        const receipt = typeof entry['hash'] === 'string' ? entry['hash'] : '';
        if (number === undefined) continue;
        parts.push({
          number: Number(number),
          size: listedSize('list the segments', entry),
          receipt,
          md5: receipt,
        });
      }
      after = nextPage(
        'list the segments',
        entries.map(({ name }) => name),
        after,
      );
    } while (after !== undefined);
    return parts;
  }

  /**
   * Whether a segment was sent for this object. Another tool's manifest may name it: then the segments stay. So do those
   * that were sent before segments said it, of an object whose metadata another tool has replaced.
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

  async function madeOfNamed(ref: ObjectRef, named: readonly NamedSegment[], call: Call) {
    const ours = named.filter((segment) => isOurs(ref.container, segment));
    const foreign = named.find(
      (segment) => segment.container !== '' && !isOurs(ref.container, segment),
    );
    const uploadIds = [
      ...new Set(
        ours.map(({ key }) => key.slice(folderOf(ref.container).length).split('/', 1)[0] ?? ''),
      ),
    ];
    const [first] = ours;
    const [uploadId] = uploadIds;
    // One that mixes segments is another tool's.
    const isPure =
      first !== undefined &&
      uploadId !== undefined &&
      uploadIds.length === 1 &&
      foreign === undefined;
    const owned = isPure && (await isSentFor(ref, uploadId, first, call));
    return {
      uploadId,
      uploadIds,
      owned,
      foreign: foreign && `${foreign.container}/${foreign.key}`,
    };
  }

  /** `isKnown` is false where its prefix takes in segments of ours. */
  function madeOfDynamic(container: string, manifest: string): MadeOf {
    const place = dynamicPlace(manifest);
    const folder = folderOf(container);
    const isApart =
      place.container !== containerOf(container) ||
      !(folder.startsWith(place.key) || place.key.startsWith(folder));
    const nothing = { uploadId: undefined, uploadIds: [], owned: false, sharedByCopy: false };
    return { ...nothing, foreign: `${place.container}/${place.key}`, isKnown: isApart };
  }

  const isOurs: Segments['isOurs'] = (container, segment) =>
    segment.container === containerOf(container) && segment.key.startsWith(folderOf(container));

  const keyOf: Segments['keyOf'] = (container, uploadId, number) =>
    `${folderOf(container)}${uploadId}/${String(number).padStart(5, '0')}`;

  return {
    containerOf,
    keyOf,
    isOurs,
    list,

    async createContainerOf(container, call) {
      const name = containerOf(container);
      const policy = settings.storage_policy;
      const headers = policy === undefined ? {} : { 'x-storage-policy': policy };
      await client.request(
        {
          method: 'PUT',
          operation: 'putContainer',
          action: 'create the container',
          container: name,
          headers,
          accept: 409,
        },
        call,
      );
    },

    async removeContainerOf(container, call) {
      some.delete(container);
      const name = containerOf(container);
      if (!settings.segments_container.includes('{container}') || name === container) return;
      try {
        await client.request(
          {
            method: 'DELETE',
            operation: 'deleteContainer',
            action: 'delete the container',
            container: name,
            accept: 409,
          },
          call,
        );
      } catch (error) {
        if (!(error instanceof ContainerDoesNotExistError)) throw error;
      }
    },

    async remove(container, uploadId, call) {
      const keys = (await list(container, uploadId, call)).map(({ number }) =>
        keyOf(container, uploadId, number),
      );
      const failures = await deleteTogether(containerOf(container), keys, call);
      for (const failure of failures.values()) throw failure;
    },

    async madeOf(ref, call, newest = false) {
      const { container, key } = ref;
      if (!isPossibleKey(key)) return undefined;
      const about = {
        action: 'look up',
        container,
        key,
        headers: newest ? { 'x-newest': 'true' } : {},
        accept: 404,
      };
      const head = await client.request(
        { method: 'HEAD', operation: 'headObject', ...about },
        call,
      );
      if (head.status === 404) return undefined;
      if (largeKind(head.headers) === 'dynamic')
        return madeOfDynamic(container, head.headers['x-object-manifest'] ?? '');
      if (largeKind(head.headers) !== 'static') return undefined;
      const sharedByCopy = isCephManifest(head.headers);
      const [uploadId, owner] = (head.headers[SEGMENTS_METADATA] ?? '').split(' ');
      if (uploadId && owner)
        return {
          uploadId,
          uploadIds: [uploadId],
          foreign: undefined,
          owned: owner === ownerOf(ref),
          isKnown: true,
          sharedByCopy,
        };
      const manifest = await readManifest(client, ref, about.headers, call);
      if (manifest === undefined) return undefined;
      // Ceph shows an empty one, and another tool has changed the metadata by which it can be told.
      if (manifest === 'hidden')
        return {
          uploadId: undefined,
          uploadIds: [],
          foreign: undefined,
          owned: false,
          isKnown: false,
          sharedByCopy: true,
        };
      return { ...(await madeOfNamed(ref, manifest, call)), isKnown: true, sharedByCopy };
    },

    async mayExist(container, call) {
      if (some.has(container) || withLarge.has(container)) return true;
      if ((noneUntil.get(container) ?? 0) > clock.monotonic()) return false;
      try {
        if ((await page(container, folderOf(container), undefined, 1, call)).length > 0) {
          some.add(container);
          return true;
        }
      } catch (error) {
        // Who has rights to one container and not to the account is not told either that there is no other.
        if (
          !(
            error instanceof ContainerDoesNotExistError ||
            error instanceof ContainerAccessDeniedError
          )
        )
          throw error;
      }
      noneUntil.set(container, clock.monotonic() + REMEMBERED_MS);
      return false;
    },

    begin(container) {
      if (containerOf(container) === container) {
        const problem = `segments cannot be in "${container}" itself, where they would be listed: change segments_container`;
        throw new UnsupportedOperationError(problem, { driver: SWIFT });
      }
      some.add(container);
    },
  };
}
