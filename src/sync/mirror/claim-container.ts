import { StateError } from '../../state/errors.js';
import { tryToWrite } from '../../state/free-space.js';
import { TargetDeniedError } from '../denial.js';
import { ensureContainer } from '../store/container-store.js';
import { forgetAcceptedTarget, refuseBlankTarget } from './blank-target.js';
import { recallIndex } from './index-snapshot.js';
import { inheritUploads } from './left-uploads.js';
import type { Mirror } from './mirror.js';
import { warnOfVersions } from './old-content.js';
import { noteFence } from './older-target.js';

export type ClaimingMirror = Pick<
  Mirror,
  'settings' | 'source' | 'containerTrouble' | 'proveRights'
> & {
  readonly parts: Pick<
    Mirror['parts'],
    'backend' | 'lease' | 'location' | 'index' | 'ledger' | 'log' | 'drain' | 'blankTarget'
  >;
};

/**
 * Makes the container ready: it exists, may be written to, and no other process writes to the mirror's part of it. Takes a lost
 * index back from there. Ends the container trouble. Resolves with whether the container may hold other objects than the index has records of.
 * Rejects with what keeps the mirror from working.
 */
export async function claimContainer(mirror: ClaimingMirror): Promise<boolean> {
  const { settings, parts, containerTrouble } = mirror;
  const { backend, lease, location, index, drain } = parts;
  const before = containerTrouble.error;
  // Jobs whose records cannot be written would be done again and again.
  if (before instanceof StateError) tryToWrite(location.folder);
  if (before instanceof TargetDeniedError) await mirror.proveRights(drain);
  refuseBlankTarget(mirror);
  const wasCreated = await ensureContainer(backend, settings.container, drain);
  await warnOfVersions(mirror, drain);
  const acquired = await lease.acquire(drain);
  const { wasOthers, wasThere } = acquired;
  const isOfOtherTime = await noteFence(mirror, acquired);
  await inheritUploads(mirror, acquired);
  const mayDiffer =
    wasOthers ||
    isOfOtherTime ||
    before !== undefined ||
    ((wasCreated || !wasThere) && index.count() > 0);
  await forgetAcceptedTarget(parts);
  if (wasCreated) logCreated(mirror, mayDiffer);
  const recalled = await recallIndex(mirror, drain);
  containerTrouble.over();
  return mayDiffer || recalled;
}

function logCreated({ settings, parts: { log } }: ClaimingMirror, wasGone: boolean): void {
  const fields = { mirror: settings.name, container: settings.container };
  if (wasGone) log.warn('container created again; all objects are sent again', fields);
  else log.info('container created', fields);
}
