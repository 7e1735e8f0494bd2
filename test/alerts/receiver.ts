import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of messages over HTTP. */
export interface Receiver {
  readonly url: string;
  /** All requests, in order. */
  readonly received: readonly Received[];
  /** The JSON documents that were taken. */
  documents(): readonly Record<string, unknown>[];
  /** What it answers from now on. */
  answer(status: number, headers?: Readonly<Record<string, string>>, body?: string): void;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const taken: Received[] = [];
  let next: readonly [number, Readonly<Record<string, string>>, string] = [200, {}, 'ok'];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      const [status, answered, content] = next;
      received.push({ method, path, headers, body });
      if (status < 300) taken.push({ method, path, headers, body });
      response.writeHead(status, answered).end(content);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    documents: () => taken.map(({ body }) => JSON.parse(body) as Record<string, unknown>),
    answer(status, headers = {}, body = '') {
      next = [status, headers, body];
    },
  };
}
