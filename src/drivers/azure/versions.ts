import type { Call, PageRequest } from '../call.js';
import type { ObjectVersion, Versions } from '../capabilities.js';
import { ObjectDoesNotExistError } from '../errors.js';
import type { ReadVersion } from '../http/read-object.js';
import type { AzureContext } from './context.js';
import { blobPage, infoOf } from './listing.js';
import type { ListedBlob } from './listing-xml.js';
import { checkContainer, refuseImpossible } from './names.js';
import type { ObjectOperations } from './objects.js';
import { azureSoftDelete } from './soft-delete.js';

/** Objects that are looked at for whether the account keeps versions. */
const SEEN = 100;

/** A place in a listing of versions; its text is what pages hand out. */
interface VersionMarker {
  readonly marker: string;
  /** The last key of the page before: all its versions were given. */
  readonly given: string;
}

/** Where the account keeps versions. There are no delete markers: of a deleted object no version is the latest. */
export function azureVersions(
  context: AzureContext,
  { headObject }: Pick<ObjectOperations, 'headObject'>,
  read: ReadVersion,
): Versions {
  const { client } = context;
  const include = 'metadata,versions';

  /** All versions of one key, which may be in several pages. */
  async function allOf(container: string, key: string, call: Call): Promise<readonly ListedBlob[]> {
    const found: ListedBlob[] = [];
    let after: string | undefined;
    do {
      const request = { container, prefix: key, after, size: undefined, include };
      const page = await blobPage(client, request, call);
      found.push(...page.blobs.filter(({ name }) => name === key));
      const isOver = page.nextMarker === after || page.blobs.some(({ name }) => name !== key);
      after = isOver ? undefined : page.nextMarker;
    } while (after !== undefined);
    return found;
  }

  async function listVersions(
    container: string,
    prefix: string,
    { after, size }: PageRequest,
    call: Call,
  ) {
    checkContainer(container);
    const before = after === undefined ? undefined : (JSON.parse(after) as VersionMarker);
    const request = { container, prefix, after: before?.marker, size, include };
    const page = await blobPage(client, request, call);
    const listed = page.blobs.filter(({ name }) => name !== before?.given);
    const last = listed.at(-1)?.name ?? before?.given;
    if (page.nextMarker === undefined || last === undefined)
      return { items: versionsOf(container, listed), next: undefined };
    const whole = listed.filter(({ name }) => name !== last);
    if (last !== before?.given) whole.push(...(await allOf(container, last, call)));
    const next: VersionMarker = { marker: page.nextMarker, given: last };
    return { items: versionsOf(container, whole), next: JSON.stringify(next) };
  }

  return {
    /** The account's switch is in no answer of the service: objects say whether they are versions, and older ones are none. */
    async keepsVersions(container, call) {
      checkContainer(container);
      const request = { container, prefix: '', after: undefined, size: SEEN, include: 'versions' };
      const { blobs } = await blobPage(client, request, call);
      return blobs.some(isVersion);
    },

    softDeleteSeconds: azureSoftDelete(context),

    listVersions,

    headVersion: (ref, versionId, call) => headObject(ref, call, idOf(versionId)),

    readVersion: (ref, versionId, range, call) => read(ref, range, call, idOf(versionId)),

    async deleteVersion(ref, versionId, call) {
      call.signal.throwIfAborted();
      refuseImpossible(ref);
      const { container, key } = ref;
      const about = {
        action: 'delete a version',
        container,
        key,
        query: { versionid: idOf(versionId) },
      };
      try {
        await client.request({ method: 'DELETE', operation: 'deleteBlob', ...about }, call);
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}

function isVersion({ fields }: ListedBlob): boolean {
  return fields.get('VersionId') !== undefined;
}

/** The id, as S3 has it, of a blob that was stored while the account kept no versions: the service gives it none. */
const NO_VERSION = 'null';

/** For a request about a version. */
function idOf(versionId: string): string | undefined {
  return versionId === NO_VERSION ? undefined : versionId;
}

/** The service lists the versions of a name from the oldest on; their ids are times. */
function versionsOf(container: string, listed: readonly ListedBlob[]): readonly ObjectVersion[] {
  const byName = new Map<string, ListedBlob[]>();
  for (const blob of listed) {
    const versions = byName.get(blob.name) ?? [];
    versions.push(blob);
    byName.set(blob.name, versions);
  }
  return [...byName.values()].flatMap((versions) =>
    versions
      .map((blob): ObjectVersion => {
        const versionId = blob.fields.get('VersionId') ?? NO_VERSION;
        const isCurrent = blob.fields.get('IsCurrentVersion')?.toLowerCase() === 'true';
        const isLatest = versionId === NO_VERSION || isCurrent;
        return { ...infoOf(container, blob), versionId, isLatest, isDeleteMarker: false };
      })
      .sort((a, b) => (a.versionId < b.versionId ? 1 : -1)),
  );
}
