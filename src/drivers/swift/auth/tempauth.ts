import type { Access } from './access.js';
import { type Asking, ask, astray } from './ask.js';
import { type Authenticate, addressOf } from './session.js';

export function tempAuth(asking: Asking, access: Access & { readonly kind: 'v1' }): Authenticate {
  return async (call) => {
    const credentials = { 'x-auth-user': access.user, 'x-auth-key': access.secret() };
    const answer = await ask(asking, access.url, credentials, undefined, call);
    const { headers } = answer;
    const token = headers['x-auth-token'] ?? headers['x-storage-token'];
    const url = headers['x-storage-url'];
    if (token === undefined || url === undefined || !URL.canParse(url))
      throw astray(access.url, answer, 'no token and storage URL');
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
