import type { Backend } from '../drivers/backend.js';
import type { ObjectVersion, Versions } from '../drivers/capabilities.js';
import { pages } from '../drivers/pages.js';
import { namesListed } from '../sync/reserved-names.js';
import type { StoredAt } from './at-time.js';
import type { StoredMirror } from './list-current.js';
import type { RestoreSource } from './restore-context.js';
import type { Selection } from './selection.js';

export interface ListedVersions {
  readonly name: Backend['name'];
  readonly versions: Versions;
  /** Whether the container keeps what is replaced or deleted. */
  readonly isKeeping: boolean;
}

/**
 * The version that each name had at a time, or that it had none, in the order of names. A name without any version of that
 * time is skipped: its history began later, or its versions have expired. Only where its object is no version at all, as in a
 * container that keeps none, is that object given, as one that was stored later. Rejects as the driver does.
 */
export async function* listVersionsAt(
  { name: driver, versions, isKeeping }: ListedVersions,
  mirror: StoredMirror,
  selection: Selection,
  atMs: number,
  signal: AbortSignal,
): AsyncGenerator<StoredAt, void> {
  const nameOf = namesListed(mirror);
  let decided: string | undefined;
  let later: { readonly key: string; readonly stored: StoredAt | undefined } | undefined;
  for (const prefix of selection.prefixes)
    for await (const { items } of pages(
      driver,
      (page) => versions.listVersions(mirror.container, mirror.prefix + prefix, page, { signal }),
      { signal },
    ))
      for (const version of items) {
        if (later !== undefined && later.key !== version.key) {
          if (later.stored !== undefined) yield later.stored;
          later = undefined;
        }
        // The newest of each key comes first, so the first of that time decides.
        if (version.key === decided) continue;
        const name = nameOf(version.key);
        const isAsked = name !== undefined && selection.has(name);
        const source = isAsked ? sourceOf(name, version) : undefined;
        if (storedAtMs(version) <= atMs) {
          decided = version.key;
          later = undefined;
          const there = hadEnded(version, atMs) ? undefined : source;
          if (isAsked) yield { name, source: there, isVersion: true };
        } else if (isNoVersion(version, isKeeping)) {
          const stored = isAsked
            ? { name, source, isVersion: false, isLater: true as const }
            : undefined;
          later = { key: version.key, stored };
        }
      }
  if (later?.stored !== undefined) yield later.stored;
}

/**
 * Whether nothing is known of the object's past. S3 calls an object `null` that was stored while its container kept no versions
 * (API_ListObjectVersions); at Google each has a generation, whether the bucket keeps earlier ones or not.
 */
function isNoVersion(
  { versionId, isLatest, isDeleteMarker }: ObjectVersion,
  isKeeping: boolean,
): boolean {
  return isLatest && !isDeleteMarker && (versionId === 'null' || !isKeeping);
}

/** Whether it had been deleted by then, where no delete marker says so. */
function hadEnded({ endedAtMs = Number.POSITIVE_INFINITY }: ObjectVersion, atMs: number): boolean {
  return endedAtMs <= atMs;
}

function sourceOf(name: string, version: ObjectVersion): RestoreSource | undefined {
  const { versionId, isLatest, isDeleteMarker, ...info } = version;
  if (isDeleteMarker) return undefined;
  return isLatest ? { name, info, isCurrent: true } : { name, info, isCurrent: false, versionId };
}

/** Milliseconds since the epoch; NaN where the provider does not say it. */
export function storedAtMs({ extra }: Pick<ObjectVersion, 'extra'>): number {
  const { lastModified } = extra;
  return typeof lastModified === 'number' ? lastModified : Number.NaN;
}
