import type { Acquired } from '../../lease/lease.js';
import type { MirrorSettings } from '../mirror-settings.js';
import type { MirrorParts } from './mirror-parts.js';

interface Noted {
  readonly parts: Pick<MirrorParts, 'ledger' | 'log'>;
  readonly settings: Pick<MirrorSettings, 'name' | 'target'>;
}

/**
 * Keeps in mind how often the place had changed hands. Resolves with whether the target has gone back to an older state, as when
 * it was restored from a snapshot: then the index says more than is there.
 */
export async function noteFence(
  { parts: { ledger, log }, settings: { name, target } }: Noted,
  { fences }: Acquired,
): Promise<boolean> {
  if (fences === undefined) return false;
  const { fence: known } = ledger.read();
  const wentBack = known !== undefined && fences.found !== undefined && fences.found < known;
  if (wentBack) {
    const why = 'its lease is an older one than this mirror left there; everything is compared';
    log.warn('target went back to an older state', { mirror: name, target, why });
  }
  await ledger.update((document) => ({ ...document, fence: fences.ours }));
  return wentBack;
}
