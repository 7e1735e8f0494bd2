import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A web server that is not ours, on loopback under any name. */
export interface OtherSite {
  readonly port: number;
  /** The cookies that it was sent. */
  readonly cookies: readonly string[];
}

/** Serves the pages by path until the test has finished. */
export async function openOtherSite(pages: Readonly<Record<string, string>>): Promise<OtherSite> {
  const cookies: string[] = [];
  const server = createServer((request, response) => {
    if (request.headers.cookie !== undefined) cookies.push(request.headers.cookie);
    const page = pages[request.url ?? '/'];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' });
    response.end(page ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cookies };
}
