import { StorageError } from '../../errors.js';
import { SWIFT } from '../errors.js';
import type { Access } from './access.js';
import { type Asking, ask } from './ask.js';
import { type Authenticate, addressOf } from './session.js';

export function tempAuth(asking: Asking, access: Access & { readonly kind: 'v1' }): Authenticate {
  return async (call) => {
    const credentials = { 'x-auth-user': access.user, 'x-auth-key': access.secret() };
    const { headers } = await ask(asking, access.url, credentials, undefined, call);
    const token = headers['x-auth-token'] ?? headers['x-storage-token'];
    const url = headers['x-storage-url'];
    if (token === undefined || url === undefined)
      throw new StorageError(`authenticate at ${access.url}: the answer has no token and storage URL; check auth_url and auth_version`, {
        driver: SWIFT,
      });
    const seconds = Number(headers['x-auth-token-expires'] ?? Number.NaN);
    const cdn = headers['x-cdn-management-url'];
    return {
      token,
      storage: addressOf(url),
      cdn: cdn === undefined ? undefined : addressOf(cdn),
      validForMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
    };
  };
}
