import type { Call } from '../../call.js';

/** A place on the network, with no slash at the end of its path. */
export interface Address {
  readonly origin: string;
  /** Percent-encoded; may be empty. */
  readonly path: string;
}

/** What an authentication gave. */
export interface Grant {
  readonly token: string;
  /** The account's root. */
  readonly storage: Address;
  /** Where containers are given to a CDN; undefined where the service has none. */
  readonly cdn: Address | undefined;
  /** How long the token is good for, from now on; undefined: the service did not say. */
  readonly validForMs: number | undefined;
}

/**
 * Asks for a new token. Rejects with InvalidCredentialsError when they are refused, and with StorageError when the
 * service has no object storage for them.
 */
export type Authenticate = (call: Call) => Promise<Grant>;

export function addressOf(url: string): Address {
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname.replace(/\/+$/, '') };
}
