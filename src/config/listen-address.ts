import { isIP } from 'node:net';
import { expected, wrong } from './wording.js';
import * as z from './zod.js';

/** Where a server listens. */
export interface ListenAddress {
  /** An IP address, or `localhost`. */
  readonly host: string;
  readonly port: number;
}

const RULE = 'an address and port such as "127.0.0.1:9460" or "[::1]:9460"';

/** An address and a port; a name other than localhost is refused, as it may lead anywhere. */
export function listenAddress(description: string) {
  return z
    .string({ error: wrong(RULE) })
    .transform((written, context): ListenAddress => {
      const address = parseListenAddress(written);
      if (address !== undefined) return address;
      context.addIssue({ code: 'custom', message: expected(RULE, written) });
      return z.NEVER;
    })
    .meta({ description, $comment: RULE });
}

/** Undefined for any other text. */
export function parseListenAddress(written: string): ListenAddress | undefined {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(written);
  const [, ipv6, other = '', digits] = match ?? [];
  const port = Number(digits);
  if (match === null || port < 1 || port > 65_535) return undefined;
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? { host: ipv6, port } : undefined;
  return other === 'localhost' || isIP(other) === 4 ? { host: other, port } : undefined;
}
