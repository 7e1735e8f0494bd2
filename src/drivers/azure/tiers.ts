import { UnsupportedOperationError } from '../errors.js';
import { AZURE } from './errors.js';

/** https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview; `Cold` from version 2021-12-02 on. */
const TIERS = ['Hot', 'Cool', 'Cold', 'Archive'] as const;

/** The tier of a call or of the settings as Azure spells it: `COOL` and `cool` are `Cool`. Another throws UnsupportedOperationError. */
export function tierNamed(written: string): string {
  const tier = TIERS.find((each) => each.toLowerCase() === written.toLowerCase());
  if (tier !== undefined) return tier;
  throw new UnsupportedOperationError(
    `Azure has no access tier ${JSON.stringify(written)}: expected ${TIERS.join(', ')}`,
    { driver: AZURE },
  );
}

/** Undefined: no tier that an object can be given. */
export function knownTier(written: unknown): string | undefined {
  return TIERS.find((each) => each === written);
}
