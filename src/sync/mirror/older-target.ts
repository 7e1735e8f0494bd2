import type { Acquired } from '../../lease/lease.js';
import type { MirrorSettings } from '../mirror-settings.js';
import type { MirrorParts } from './mirror-parts.js';

interface Noted {
  readonly parts: Pick<MirrorParts, 'ledger' | 'log'>;
  readonly settings: Pick<MirrorSettings, 'name' | 'target'>;
}

/**
 * Keeps in mind how often the place had changed hands. Resolves with whether the index and the container are of different
 * times: the target was restored from a snapshot, or this machine was. Then the index proves nothing until all is compared.
 */
export async function noteFence(
  { parts: { ledger, log }, settings: { name, target } }: Noted,
  { fences }: Acquired,
): Promise<boolean> {
  if (fences === undefined) return false;
  const { fence: known } = ledger.read();
  const { found, ours } = fences;
  const differs = known !== undefined && found !== undefined && found !== known;
  if (differs && found < known) {
    const why = 'its lease is an older one than this mirror left there; everything is compared';
    log.warn('target went back to an older state', { mirror: name, target, why });
  } else if (differs) {
    const why = 'its lease was taken since then; everything is compared';
    log.warn('state is older than the container', { mirror: name, target, why });
  }
  await ledger.update((document) => ({ ...document, fence: ours }));
  return differs;
}
