import { parseTime } from '../../clock.js';
import type { ObjectVersion, Versions } from '../capabilities.js';
import { ObjectDoesNotExistError, StorageError } from '../errors.js';
import type { ReadVersion } from '../http/read-object.js';
import { elementOf, orderedChildren, textOf, type XmlElement } from '../http/xml.js';
import type { S3Context } from './context.js';
import { decodeListed } from './encode.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import type { Head } from './head-object.js';
import { checkContainer, refuseImpossible, target } from './names.js';

/** A place in a listing of versions; its text is what pages hand out. */
interface VersionMarker {
  readonly key: string;
  readonly version: string | undefined;
}

export function s3Versions(
  { client, etags, profile }: S3Context,
  head: Head,
  read: ReadVersion,
): Versions | undefined {
  if (!profile.features.includes('versions')) return undefined;

  return {
    softDeleteSeconds: async () => 0, // S3 has versions alone

    async keepsVersions(container, call) {
      checkContainer(container);
      const action = 'look up the versioning';
      const { body } = await client.request(
        { method: 'GET', operation: 'getVersioning', action, container, query: { versioning: '' } },
        call,
      );
      // Never set: no status at all. Suspended: the versions there are stay, and there will be no more.
      return textOf(elementOf(body), 'Status') === 'Enabled';
    },

    async listVersions(container, prefix, { after, size = 1000 }, call) {
      checkContainer(container);
      const marker = after === undefined ? undefined : (JSON.parse(after) as VersionMarker);
      const { body } = await client.request(
        {
          method: 'GET',
          operation: 'listVersions',
          action: 'list the versions',
          container,
          query: {
            versions: '',
            prefix,
            'encoding-type': 'url',
            'max-keys': String(Math.min(size, 1000)),
            'key-marker': marker?.key,
            'version-id-marker': marker?.version,
          },
        },
        call,
      );
      const { element, entries } = orderedChildren(body.toString('utf8'), [
        'Version',
        'DeleteMarker',
      ]);
      const decode =
        textOf(element, 'EncodingType') === 'url' ? decodeListed : (text: string) => text;
      const items = entries.map(({ name, element: entry }) =>
        toVersion(container, entry, name === 'DeleteMarker', decode),
      );
      return { items, next: nextMarker(element, items, after) };
    },

    headVersion: (ref, versionId, call) => head(ref, call, versionId),

    async readVersion(ref, versionId, range, call) {
      return read(ref, range, call, versionId);
    },

    async deleteVersion(ref, versionId, call) {
      refuseImpossible(ref);
      try {
        await client.request(
          {
            method: 'DELETE',
            operation: 'deleteObject',
            action: 'delete a version',
            ...target(ref),
            query: { versionId },
          },
          call,
        );
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };

  function toVersion(
    container: string,
    entry: XmlElement,
    isDeleteMarker: boolean,
    decode: (text: string) => string,
  ): ObjectVersion {
    const etag = textOf(entry, 'ETag');
    const extra: Record<string, unknown> = {
      lastModified: parseTime(textOf(entry, 'LastModified') ?? ''),
    };
    if (etag !== undefined) extra['etag'] = quoted(etag);
    return {
      container,
      key: decode(keyOf(entry)),
      size: isDeleteMarker ? 0 : sizeOf(entry),
      checksums: etags.ofListing(container, etag),
      metaData: {},
      extra,
      versionId: textOf(entry, 'VersionId') ?? 'null',
      isLatest: textOf(entry, 'IsLatest') === 'true',
      isDeleteMarker,
    };
  }
}

function keyOf(entry: XmlElement): string {
  const key = textOf(entry, 'Key');
  if (key) return key;
  throw new StorageError('list the versions: an entry has no key', {
    driver: S3,
    retry: 'backoff',
  });
}

function sizeOf(entry: XmlElement): number {
  const size = textOf(entry, 'Size') ?? '';
  if (/^\d+$/.test(size)) return Number(size);
  throw new StorageError('list the versions: an entry has no size', {
    driver: S3,
    retry: 'backoff',
  });
}

/** After the last entry. NextKeyMarker says the same, but not every provider encodes it as it does the keys. */
function nextMarker(
  page: XmlElement,
  items: readonly ObjectVersion[],
  after: string | undefined,
): string | undefined {
  if (textOf(page, 'IsTruncated') !== 'true') return undefined;
  const last = items.at(-1);
  const key = last?.key ?? textOf(page, 'NextKeyMarker');
  const version = last?.versionId ?? textOf(page, 'NextVersionIdMarker');
  const next =
    key === undefined ? undefined : JSON.stringify({ key, version } satisfies VersionMarker);
  if (next !== undefined && next !== after) return next;
  throw new StorageError(
    'list the versions: the provider says that there is more, but not where to go on',
    {
      driver: S3,
      retry: 'backoff',
    },
  );
}
