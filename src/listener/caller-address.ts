import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP } from 'node:net';
import { isIn } from '../ip-address.js';

/**
 * Where a request comes from, for counting wrong tokens. Behind a named proxy it is the address that the proxy itself has added:
 * the last one of `X-Forwarded-For`. From anywhere else the header counts for nothing, and so do `X-Forwarded-Host`,
 * `X-Forwarded-Proto` and `Forwarded` from everywhere. A Unix socket has no address: all its callers are one.
 */
export function callerAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: BlockList | undefined,
): string {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return 'socket';
  if (proxies === undefined || !isIn(proxies, remoteAddress)) return remoteAddress;
  const added = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return added !== undefined && isIP(added) !== 0 ? added : remoteAddress;
}
