import type { Failure } from './failure.js';

/** The regions of containers, as refusals and redirects name them. */
export interface Regions {
  /** The region in which the container was last found; `undefined` asks for the account's own. */
  of(container: string | undefined): string;
  /** Records the region that a failure names. False when it names none, or the one that was asked. */
  learn(failure: Failure, container: string | undefined): boolean;
}

const WRONG_REGION_CODES = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);
const WRONG_REGION_STATUSES = new Set([301, 307, 400]);

export function createRegions(defaultRegion: string): Regions {
  const regions = new Map<string, string>();
  const of: Regions['of'] = (container) =>
    (container === undefined ? undefined : regions.get(container)) ?? defaultRegion;
  return {
    of,
    learn({ code, status, region }, container) {
      const isElsewhere = WRONG_REGION_CODES.has(code) || WRONG_REGION_STATUSES.has(status);
      if (!isElsewhere || container === undefined) return false;
      if (region === undefined || region === of(container)) return false;
      regions.set(container, region);
      return true;
    },
  };
}
