import type { Acquired } from '../../lease/lease.js';
import type { AbandonedUpload } from '../../state/ledger.js';
import type { MirrorSettings } from '../mirror-settings.js';
import type { MirrorParts } from './mirror-parts.js';

export interface InheritingMirror {
  readonly parts: Pick<MirrorParts, 'backend' | 'ledger' | 'log'>;
  readonly settings: Pick<MirrorSettings, 'name' | 'container' | 'prefix'>;
}

/**
 * Takes the uploads in parts of the former holder of the lease, which is gone, for abandoned ones of this mirror: the next tidying
 * aborts them. Its lease named them, so they are known from those of other tools to the same keys. Resolves when the ledger
 * has them.
 */
export async function inheritUploads(
  {
    parts: { backend, ledger, log },
    settings: { name: mirror, container, prefix },
  }: InheritingMirror,
  { leftUploads = [] }: Pick<Acquired, 'leftUploads'>,
): Promise<void> {
  const { unfinishedUploads, abandonedUploads = [] } = ledger.read();
  const known = new Set(
    [...Object.values(unfinishedUploads), ...abandonedUploads].map(({ token }) => token?.opaque),
  );
  const left: AbandonedUpload[] = leftUploads
    .filter(({ driver, key }) => driver === backend.name && key.startsWith(prefix))
    .filter(({ opaque }) => !known.has(opaque))
    .map(({ driver, key, opaque, beganAtMs }) => ({
      name: key.slice(prefix.length),
      token: { driver, container, key, opaque },
      beganAtMs,
    }));
  if (left.length === 0) return;
  await ledger.update((document) => ({
    ...document,
    abandonedUploads: [...(document.abandonedUploads ?? []), ...left],
  }));
  log.info('uploads in parts of the former holder will be aborted', {
    mirror,
    uploads: left.length,
  });
}
