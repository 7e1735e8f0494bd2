import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach } from 'vitest';
import type { HttpRequest } from '../../../src/drivers/http/exchange.js';
import { createHttpClient, type HttpOptions } from '../../../src/drivers/http/http-client.js';

export const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  listen(createServer(answer));
/** A server that says just these bytes, whatever it is asked. */
export const say = (bytes: string) =>
  listen(createTcpServer((socket) => socket.once('data', () => socket.write(bytes))));

export function client(options: HttpOptions = {}) {
  const http = createHttpClient({ timeoutMs: 300, ...options });
  cleanups.push(() => http.close());
  return http;
}

export function get(origin: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    origin,
    path: '/',
    headers: {},
    signal: new AbortController().signal,
    ...more,
  };
}
