import type { Clock } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import { NEVER_ABORTED, orAborted } from '../../signal.js';
import { S3 } from '../errors.js';
import type { CredentialProvider, CredentialSource, Credentials } from './credentials.js';

/** Temporary credentials are replaced this long before they end, so that a long request still finishes with them. */
const REFRESH_BEFORE_MS = 5 * 60_000;

/** Asks the sources in order; the first that has credentials is kept to, so that a target never changes its account unseen. */
export function createCredentialProvider(sources: readonly CredentialSource[], clock: Clock): CredentialProvider {
  let current: Credentials | undefined;
  let candidates = sources;
  let underWay: Promise<Credentials> | undefined;

  async function find(): Promise<Credentials> {
    for (const candidate of candidates) {
      // One search serves all who wait, so no single one of them can call it off.
      const found = await candidate.find({ signal: NEVER_ABORTED });
      if (found === undefined) continue;
      candidates = [candidate];
      current = found;
      return found;
    }
    const places = candidates.map(({ name }) => name).join('; ');
    throw new InvalidCredentialsError(`no credentials in: ${places}. Give key and secret, or set one of these up`, { driver: S3 });
  }

  function findOnce({ signal }: Call): Promise<Credentials> {
    underWay ??= find().finally(() => {
      underWay = undefined;
    });
    return orAborted(underWay, signal);
  }

  return {
    async get(call) {
      const { expiresAtMs } = current ?? {};
      if (current !== undefined && (expiresAtMs === undefined || expiresAtMs - clock.now() > REFRESH_BEFORE_MS)) return current;
      try {
        return await findOnce(call);
      } catch (error) {
        // Better the last minutes of the old ones than none, while the metadata service has a moment of weakness.
        if (current !== undefined && expiresAtMs !== undefined && expiresAtMs > clock.now() && !call.signal.aborted) return current;
        throw error;
      }
    },
    async refused(refused, call) {
      const found = current === undefined || isSame(current, refused) ? await findOnce(call) : current;
      return !isSame(found, refused);
    },
  };
}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.sessionToken === b.sessionToken;
}
