import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../log.js';
import { activatedSocket, type Env } from './activation.js';

type HttpServer = Server | TlsServer;
/** Of a TCP socket, or the path of a Unix socket. */
type Address = AddressInfo | string;

export interface BindOptions {
  /** `systemd`: the socket that systemd passes to the process. */
  readonly listen: 'systemd' | { readonly host: string; readonly port: number };
  readonly process: { readonly env: Env; readonly pid: number };
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Makes the server listen. Where an address is configured and systemd passes a socket as well, the address counts, and a warning
 * says that the socket is not used: who connects to it waits in vain.
 *
 * @throws Error when systemd passes no socket, or the address cannot be had, as when that socket has it
 */
export async function bind(
  server: HttpServer,
  { listen, process, log }: BindOptions,
): Promise<Address> {
  const passed = activatedSocket(process.env, process.pid);
  if (listen === 'systemd') return listenOn(server, { fd: passed ?? refuseWithoutSocket() });
  if (passed !== undefined) warnUnused(log, `${listen.host}:${listen.port}`);
  return listenOn(server, listen);
}

/** The page is off, or elsewhere. */
export function warnUnused(log: Pick<Logger, 'warn'>, listen: string): void {
  const advice = 'set status.listen to systemd, or disable the socket unit';
  log.warn('socket of systemd not used', { listen, advice });
}

function refuseWithoutSocket(): never {
  throw new Error(
    'status.listen is "systemd", and systemd has passed no socket: start the service by its socket unit, or name an address',
  );
}

function listenOn(
  server: HttpServer,
  where: { readonly fd: number } | { readonly host: string; readonly port: number },
): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      // Node does not know the path of a Unix socket that it has not opened itself.
      resolve(server.address() ?? 'a Unix socket of systemd');
    });
  });
}
