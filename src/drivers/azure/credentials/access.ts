import type { Clock } from '../../../clock.js';
import { cached } from '../../cached.js';
import type { Call } from '../../call.js';

/** The name of the driver, for errors. */
export const DRIVER = 'azure_blobs';

/** The key of an account. `key`: its bytes, which are given in base64 to people. */
export interface AccountKey {
  readonly account: string;
  readonly key: Buffer;
}

/** What proves a request. */
export type Authorization =
  | { readonly kind: 'key'; readonly account: AccountKey }
  /** A shared access signature, which goes at the end of each query: `sv=…&sig=…`. */
  | { readonly kind: 'sas'; readonly query: string }
  | { readonly kind: 'token'; readonly token: string };

/** Where authorizations come from. */
export interface Access {
  readonly kind: Authorization['kind'];
  /** Rejects with InvalidCredentialsError when there are none, and with TargetUnavailableError when nothing answers. */
  get(call: Call): Promise<Authorization>;
  /** Drops one that the service refused. False: there is no other one. */
  refused(authorization: Authorization): boolean;
}

/** A token of Entra ID, and how long it is valid, from now on. */
export interface GrantedToken {
  readonly token: string;
  readonly validForMs: number;
}

export type ObtainToken = (call: Call) => Promise<GrantedToken>;

/** One that does not end. Nothing is looked up before the first request. */
export function fixedAccess<K extends Authorization['kind']>(
  kind: K,
  reveal: () => Extract<Authorization, { readonly kind: K }>,
): Access {
  let held: Authorization | undefined;
  return {
    kind,
    async get() {
      held ??= reveal();
      return held;
    },
    refused: () => false,
  };
}

/** Tokens, each replaced some minutes before it ends. */
export function tokenAccess(obtain: ObtainToken, clock: Pick<Clock, 'monotonic'>): Access {
  const current = cached<Authorization>(async (call) => {
    const startedAt = clock.monotonic();
    const { token, validForMs } = await obtain(call);
    return {
      value: { kind: 'token', token },
      leftMs: () => startedAt + validForMs - clock.monotonic(),
    };
  });
  return {
    kind: 'token',
    get: current.get,
    refused(authorization) {
      current.refused(authorization);
      return true;
    },
  };
}
