import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Logger } from '../log.js';
import type { Connections } from './connections.js';
import { HEAD_BYTES, HEAD_MS, HEADERS, KEEP_ALIVE_MS, REQUEST_MS } from './limits.js';
import { rawRefusal } from './reply.js';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** How often the times of the requests are looked at. */
const CHECK_MS = 1_000;

const OPTIONS: ServerOptions = {
  maxHeaderSize: HEAD_BYTES,
  headersTimeout: HEAD_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
  insecureHTTPParser: false,
  // A request without a host is refused like one with a foreign host, with all headers of an answer.
  requireHostHeader: false,
};

/** A server with its limits, which listens to nothing yet. @throws Error when a file of TLS cannot be used */
export function createHttpServer(tls: TlsFiles | undefined): Server | TlsServer {
  const server =
    tls === undefined
      ? createServer(OPTIONS)
      : createTlsServer({
          ...OPTIONS,
          ...readTls(tls),
          minVersion: 'TLSv1.2',
          handshakeTimeout: HEAD_MS,
        });
  // Above that, Node drops headers without a word; the count of those that are left is refused (admission.ts).
  server.maxHeadersCount = HEADERS + 10;
  server.timeout = REQUEST_MS;
  return server;
}

/** @throws Error whose message has the path */
function readTls({ certificate, key }: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(certificate), key: readFileSync(key) };
}

/** Answers what is no request, as far as that can still be done, and closes its connection. */
export function refuseMalformed(server: Server | TlsServer, connections: Connections): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // An answer may be on its way, into which this one would be written.
    if (!socket.writable || connections.isBusy(socket) || error.code === 'ECONNRESET')
      return void socket.destroy();
    const [status, reason, why] = verdictOn(error.code);
    socket.end(rawRefusal(status, reason, why), () => socket.destroy());
  });
}

function verdictOn(code: string | undefined): readonly [number, string, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return [
      431,
      'Request Header Fields Too Large',
      `the headers are longer than ${HEAD_BYTES} bytes`,
    ];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [408, 'Request Timeout', 'the request did not arrive in time'];
  return [400, 'Bad Request', 'this is no HTTP request'];
}

/** Returns what takes a renewed certificate over. One that cannot be used leaves the old one in place, and is logged once. */
export function createRenewal(
  server: Server | TlsServer,
  tls: TlsFiles | undefined,
  log: Logger,
): () => void {
  if (tls === undefined || !('setSecureContext' in server)) return () => {};
  let present = readTls(tls);
  let complaint = '';
  return () => {
    try {
      const now = readTls(tls);
      if (now.cert.equals(present.cert) && now.key.equals(present.key)) return;
      server.setSecureContext({ ...now, minVersion: 'TLSv1.2' });
      present = now;
      complaint = '';
      log.info('certificate of the status page renewed');
    } catch (error) {
      const text = String(error);
      if (text !== complaint) log.warn('certificate of the status page not renewed', { error });
      complaint = text;
    }
  };
}
