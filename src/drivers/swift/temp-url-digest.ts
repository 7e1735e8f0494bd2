import type { Call } from '../call.js';
import { member } from './auth/ask.js';
import type { SwiftContext } from './context.js';

export type TempUrlDigest = 'sha1' | 'sha256' | 'sha512';

/** Where several are allowed. SHA-1 is deprecated since 2018, and SHA-256 the default of Swift's own client. */
const PREFERRED: readonly TempUrlDigest[] = ['sha256', 'sha512', 'sha1'];

/**
 * What `/info` says of the digests of temporary URLs (`tempurl.allowed_digests`); a service that does not say so (Ceph, and
 * Swift before 2.20) knows SHA-1 alone.
 */
export function digestAllowedBy(info: unknown): TempUrlDigest {
  const allowed = member(info, 'tempurl', 'allowed_digests');
  const names: readonly unknown[] = Array.isArray(allowed) ? allowed : [];
  return PREFERRED.find((digest) => names.includes(digest)) ?? 'sha1';
}

/** The digest of the settings, or the one that the service allows, which is asked for once. */
export function tempUrlDigest({
  client,
  settings,
}: SwiftContext): (call: Call) => Promise<TempUrlDigest> {
  const { temp_url_digest: chosen } = settings;
  let found = chosen === 'auto' ? undefined : chosen;
  return async (call) => {
    found ??= digestAllowedBy(await client.info(call));
    return found;
  };
}
