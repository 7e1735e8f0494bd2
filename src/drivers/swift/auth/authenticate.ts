import type { Access } from './access.js';
import type { Asking } from './ask.js';
import { keystone2, keystone3 } from './keystone.js';
import { type Authenticate, addressOf } from './session.js';
import { tempAuth } from './tempauth.js';

/** `storageUrl`: goes before what the service says of where the account is. */
export function authentication(
  asking: Asking,
  access: Access,
  storageUrl: string | undefined,
): Authenticate {
  const authenticate = byKind(asking, access);
  if (storageUrl === undefined) return authenticate;
  return async (call) => ({ ...(await authenticate(call)), storage: addressOf(storageUrl) });
}

function byKind(asking: Asking, access: Access): Authenticate {
  switch (access.kind) {
    case 'v1':
      return tempAuth(asking, access);
    case 'v2':
      return keystone2(asking, access);
    case 'v3':
      return keystone3(asking, access);
    case 'token':
      return async () => ({
        token: access.token(),
        storage: addressOf(access.storageUrl),
        cdn: undefined,
        validForMs: undefined,
      });
  }
}
