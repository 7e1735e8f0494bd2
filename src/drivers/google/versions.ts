import { parseTime } from '../../clock.js';
import type { Call, ObjectInfo } from '../call.js';
import type { ObjectVersion, Versions } from '../capabilities.js';
import { ObjectDoesNotExistError } from '../errors.js';
import type { ReadVersion } from '../http/read-object.js';
import { listOf, textOf } from './auth/members.js';
import { bucketResource, keepsVersionsIn, softDeleteSeconds } from './bucket.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { readDocument } from './json.js';
import { notAdvancing, PAGE_LIMIT } from './listing.js';
import { bucketPath, checkContainer, objectPath, refuseImpossible } from './names.js';
import type { LookUp } from './objects.js';
import { infoOf, OBJECT_FIELDS } from './resource.js';

/** One answer of a listing of versions. */
interface Listed {
  readonly items: readonly ObjectVersion[];
  readonly pageToken: string | undefined;
}

/**
 * Generations: https://cloud.google.com/storage/docs/object-versioning. A delete leaves no marker: the live object becomes a
 * noncurrent one. What soft delete keeps is none of these.
 */
export function googleVersions(
  context: GoogleContext,
  lookUp: LookUp,
  read: ReadVersion,
): Versions {
  const { client } = context;

  async function list(
    container: string,
    query: Readonly<Record<string, string | undefined>>,
    call: Call,
  ): Promise<Listed> {
    const what = `list the versions in "${container}"`;
    const { body } = await client.request(
      {
        method: 'GET',
        operation: 'listObjects',
        action: 'list the versions',
        container,
        path: `${bucketPath(container)}/o`,
        query: {
          ...query,
          versions: 'true',
          fields: `kind,nextPageToken,items(timeCreated,${OBJECT_FIELDS})`,
        },
      },
      call,
    );
    const document = readDocument(what, body);
    const items = listOf(document, 'items').map((item) =>
      versionOf(infoOf(container, item, what), item),
    );
    return { items, pageToken: textOf(document, 'nextPageToken') };
  }

  return {
    async keepsVersions(container, call) {
      call.signal.throwIfAborted();
      return keepsVersionsIn(await bucketResource(context, container, call));
    },

    softDeleteSeconds: (container, call) => softDeleteSeconds(context, container, call),

    /** The provider lists the oldest version of a name first: a page ends with a whole name, so that it can be turned round. */
    async listVersions(container, prefix, { after, size = PAGE_LIMIT }, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const asked = {
        prefix: prefix || undefined,
        startOffset: after,
        maxResults: String(Math.min(size, PAGE_LIMIT)),
      };
      const items: ObjectVersion[] = [];
      let pageToken: string | undefined;
      do {
        const page = await list(container, { ...asked, pageToken }, call);
        if (page.pageToken !== undefined && page.pageToken === pageToken)
          throw notAdvancing(`list the versions in "${container}"`);
        items.push(...page.items);
        pageToken = page.pageToken;
      } while (pageToken !== undefined && items.every(({ key }) => key === items[0]?.key));
      const next = pageToken === undefined ? undefined : items.at(-1)?.key;
      return { items: newestFirst(items.filter(({ key }) => key !== next)), next };
    },

    headVersion: async (ref, versionId, call) => {
      refuseImpossible(ref);
      checkVersion(ref.key, versionId);
      return (await lookUp(ref, call, versionId)).info;
    },

    readVersion: async (ref, versionId, range, call) => {
      refuseImpossible(ref);
      checkVersion(ref.key, versionId);
      return read(ref, range, call, versionId);
    },

    async deleteVersion({ container, key }, versionId, call) {
      call.signal.throwIfAborted();
      refuseImpossible({ container, key });
      if (!isGeneration(versionId)) return;
      await client.request(
        {
          method: 'DELETE',
          operation: 'deleteObject',
          action: 'delete a version',
          container,
          key,
          path: objectPath({ container, key }),
          query: { generation: versionId },
          accept: 404,
        },
        call,
      );
    },
  };
}

function isGeneration(versionId: string): boolean {
  return /^\d{1,19}$/.test(versionId);
}

function checkVersion(key: string, versionId: string): void {
  if (!isGeneration(versionId)) throw new ObjectDoesNotExistError(key, { driver: GOOGLE });
}

/**
 * Its time is that of its content: that of its description changes with each replaced metadata. When it ceased to be live is
 * how a reader knows of a delete, which leaves no marker.
 */
function versionOf(info: ObjectInfo, resource: unknown): ObjectVersion {
  const storedAtMs = parseTime(textOf(resource, 'timeCreated') ?? '');
  const endedAtMs = parseTime(textOf(resource, 'timeDeleted') ?? '');
  return {
    ...info,
    extra: { ...info.extra, ...(storedAtMs !== undefined && { lastModified: storedAtMs }) },
    versionId: String(info.extra['versionId']),
    isLatest: endedAtMs === undefined,
    isDeleteMarker: false,
    ...(endedAtMs !== undefined && { endedAtMs }),
  };
}

/** Within each name, in the order of the names. */
function newestFirst(items: readonly ObjectVersion[]): readonly ObjectVersion[] {
  const ofNames = new Map<string, ObjectVersion[]>();
  for (const item of items) ofNames.set(item.key, [item, ...(ofNames.get(item.key) ?? [])]);
  return [...ofNames.values()].flat();
}
