import type { Clock } from '../../../clock.js';
import { cached } from '../../cached.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import type { CredentialProvider, CredentialSource, Credentials } from './credentials.js';

/** Asks the sources in order; the first that has credentials is kept to, so that a target never changes its account unseen. */
export function createCredentialProvider(
  sources: readonly CredentialSource[],
  clock: Clock,
): CredentialProvider {
  let candidates = sources;

  async function find(call: Call): Promise<Credentials> {
    for (const candidate of candidates) {
      const found = await candidate.find(call);
      if (found === undefined) continue;
      candidates = [candidate];
      return found;
    }
    const places = candidates.map(({ name }) => name).join('; ');
    throw new InvalidCredentialsError(
      `no credentials in: ${places}. Give key and secret, or set one of these up`,
      { driver: 's3' },
    );
  }

  const current = cached(async (call) => {
    const value = await find(call);
    const { expiresAtMs = Number.POSITIVE_INFINITY } = value;
    return { value, leftMs: () => expiresAtMs - clock.now() };
  });

  return {
    get: current.get,
    async refused(refused, call) {
      current.refused(refused);
      return !isSame(await current.get(call), refused);
    },
  };
}

function isSame(a: Credentials, b: Credentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId &&
    a.secretAccessKey === b.secretAccessKey &&
    a.sessionToken === b.sessionToken
  );
}
