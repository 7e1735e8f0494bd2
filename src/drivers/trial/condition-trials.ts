import type { Precondition } from '../call.js';
import { PreconditionFailedError } from '../errors.js';
import type { CapabilityTrial } from './capability-trial.js';
import { failureOf, type Ground } from './ground.js';

/** The problem of a put whose condition does not hold; empty when the provider refuses it with PreconditionFailedError. */
async function notRefused(
  ground: Ground,
  precondition: Precondition,
  what: string,
): Promise<string[]> {
  const failure = await failureOf(ground, ground.put('taken', 'replaced', { precondition }));
  if (failure instanceof PreconditionFailedError) return [];
  return [`${what} was ${failure ? `answered by: ${failure.message}` : 'stored'}`];
}

const LEASE_WITHOUT =
  'The lease is the best that can be done: two machines that start in the same moment find each other out within seconds.';

export const conditions: CapabilityTrial = {
  id: 'preconditions',
  title: 'a put can be made to depend on what is there',
  meaning:
    'Two machines that mirror to one place may both take its lease, and fight for it: make sure that there is one only.',
  withoutIt: LEASE_WITHOUT,
  claimed: ({ preconditions }) => preconditions.includes('ifAbsent'),
  async run(ground) {
    await ground.put('taken', 'first');
    const problems = await notRefused(
      ground,
      { ifAbsent: true },
      'a put for which nothing may be there',
    );
    const fresh = await failureOf(
      ground,
      ground.put('free', 'first', { precondition: { ifAbsent: true } }),
    );
    if (fresh)
      problems.push(
        `a put for which nothing may be there was refused where nothing was: ${fresh.message}`,
      );
    return { problems, notes: [ground.backend.capabilities.preconditions.join(', ')] };
  },
};

export const replacements: CapabilityTrial = {
  id: 'conditional replace',
  title: 'a put can be bound to the version of the object that is there',
  meaning: `The lease of a place is renewed and released without a condition. ${LEASE_WITHOUT}`,
  withoutIt: LEASE_WITHOUT,
  claimed: ({ preconditions }) => preconditions.includes('ifMatch'),
  async run(ground) {
    const { extra } = await ground.put('taken', 'first');
    const none = { ifMatch: '"00000000000000000000000000000000"' };
    const problems = await notRefused(
      ground,
      none,
      'a put for which another version must be there',
    );
    const { etag } =
      problems.length === 0
        ? extra
        : (await ground.backend.headObject(ground.ref('taken'), ground.call)).extra;
    if (typeof etag !== 'string')
      return { problems: [...problems, 'the answer to a put has no ETag to name the version by'] };
    const same = await failureOf(
      ground,
      ground.put('taken', 'second', { precondition: { ifMatch: etag } }),
    );
    if (same)
      problems.push(
        `a put for which this version must be there was refused, although it was: ${same.message}`,
      );
    return { problems };
  },
};
