/** By which names browsers reach the listener, and how. */
export interface OwnNames {
  /** Lower case, without port; IPv6 in brackets. */
  readonly names: ReadonlySet<string>;
  /** The listener itself speaks TLS. */
  readonly tls: boolean;
  /** A proxy speaks TLS for it, on every name but those of loopback. */
  readonly behindProxy: boolean;
}

/** The names of the machine for itself: no name server answers for them, so they cannot be made to point elsewhere. */
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'] as const;

export function ownNames({
  hosts,
  address,
  tls,
  behindProxy,
}: {
  readonly hosts: readonly string[];
  /** The IP address that is listened on; undefined: a Unix socket. */
  readonly address: string | undefined;
  readonly tls: boolean;
  readonly behindProxy: boolean;
}): OwnNames {
  const listened = address === undefined ? [] : [address.includes(':') ? `[${address}]` : address];
  return {
    names: new Set([...LOOPBACK, ...listened, ...hosts].map((name) => name.toLowerCase())),
    tls,
    behindProxy,
  };
}

/** Undefined: the `Host` is none of ours, as with a foreign name that was made to point to this address (DNS rebinding). */
export function ownOrigin(own: OwnNames, host: string | undefined): string | undefined {
  const authority = host?.toLowerCase() ?? '';
  const name = /^(\[[\da-f:.]+\]|[a-z\d_.-]+)(?::\d{1,5})?$/.exec(authority)?.[1];
  if (name === undefined || !own.names.has(name)) return undefined;
  return `${isSecure(own, name) ? 'https' : 'http'}://${authority}`;
}

function isSecure({ tls, behindProxy }: OwnNames, name: string): boolean {
  return tls || (behindProxy && !(LOOPBACK as readonly string[]).includes(name));
}
