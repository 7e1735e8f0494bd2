import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { HttpError } from '../../../src/drivers/http/exchange.js';
import { randomContent, readAll, rejection } from '../conformance/fixture.js';
import { client, get, listen, say, serve } from './http-fixture.js';

test('HTTP client: sends paths, queries and header values unchanged', async () => {
  const seen: string[] = [];
  const origin = await serve((request, response) => {
    seen.push(`${request.url} ${request.headers['x-value']}`);
    response.end();
  });
  const path = '/a/../b/./c//%2e%2E/d?x=%2F&y';
  await client().request(get(origin, { path, headers: { 'x-value': 'gr\u00fc\u00dfe' } }));
  expect(seen).toEqual([`${path} gr\u00fc\u00dfe`]);
});

test('HTTP client: any status is an answer, and repeated headers are joined', async () => {
  const origin = await serve((_, response) =>
    response.writeHead(418, { 'x-twice': ['a', 'b'] }).end('no'),
  );
  const { status, headers, body } = await client().request(get(origin));
  expect({ status, twice: headers['x-twice'], body: body.toString() }).toEqual({
    status: 418,
    twice: 'a, b',
    body: 'no',
  });
});

test('HTTP client: streams a large body to the server and back', async () => {
  const origin = await serve((request, response) => void request.pipe(response));
  const content = randomContent(20 * 2 ** 20);
  const open = async function* () {
    for (let at = 0; at < content.length; at += 2 ** 20) yield content.subarray(at, at + 2 ** 20);
  };
  const { body } = await client().stream(
    get(origin, { method: 'PUT', body: { size: content.length, open } }),
  );
  expect((await readAll(body)).equals(content)).toBe(true);
});

test('HTTP client: a slow reader makes the server wait, and one that leaves closes the connection', async () => {
  let sent = 0;
  let closed = false;
  const origin = await serve((_, response) => {
    const chunk = Buffer.alloc(2 ** 20);
    const more = () => {
      while (sent < 512 * 2 ** 20) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    response.on('close', () => {
      closed = true;
    });
    more();
  });
  const { body } = await client({ timeoutMs: 5000 }).stream(get(origin));
  for await (const _ of body) break;
  await expect.poll(() => closed).toBe(true);
  expect(sent).toBeLessThan(100 * 2 ** 20);
});

test.each([
  ['ends before it should', 5, ['123'], /ended after 3 of 5/],
  ['goes on after it should have ended', 3, ['123', '4'], /more than its 3/],
])(
  'HTTP client: a source that %s rejects, and the server gets no whole body',
  async (_, size, chunks, message) => {
    let whole = 0;
    const origin = await serve((request, response) => {
      request.on('end', () => {
        whole += 1;
        response.end();
      });
      request.resume().on('error', () => {});
    });
    const open = async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
    };
    const error = await rejection(
      client().request(get(origin, { method: 'PUT', body: { size, open } })),
    );
    expect(error.message).toMatch(message);
    expect(whole).toBe(0);
  },
);

test('HTTP client: rejects with the error that the source threw', async () => {
  const origin = await serve(
    (request, response) => void request.resume().on('end', () => response.end()),
  );
  const failure = new Error('disk on fire');
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    throw failure;
  };
  expect(
    await rejection(client().request(get(origin, { method: 'PUT', body: { size: 2, open } }))),
  ).toBe(failure);
});

test.each([
  ['no headers', '', 'timeout'],
  ['no more body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc', 'timeout'],
  ['no HTTP', 'hello\r\n\r\n', 'broken'],
])('HTTP client: a server that gives %s is an HttpError', async (_, said, kind) => {
  const error = await rejection(client().request(get(await say(said))));
  expect(error).toBeInstanceOf(HttpError);
  expect(error).toMatchObject({ kind });
});

test('HTTP client: aborts an upload that the server stops reading', async () => {
  const origin = await listen(createTcpServer((socket) => void socket.pause()));
  const open = async function* () {
    for (let i = 0; i < 64; i += 1) yield Buffer.alloc(2 ** 20);
  };
  const error = await rejection(
    client().request(get(origin, { method: 'PUT', body: { size: 64 * 2 ** 20, open } })),
  );
  expect(error).toMatchObject({ kind: 'timeout' });
});

test('HTTP client: reports a closed port as unreachable, without the query in the message', async () => {
  const error = await rejection(
    client().request(get('http://127.0.0.1:1', { path: '/a?X-Amz-Signature=secret' })),
  );
  expect(error).toMatchObject({ name: 'HttpError', kind: 'unreachable', code: 'ECONNREFUSED' });
  expect(error.message).not.toContain('secret');
});

test('HTTP client: rejects with the reason of an abort, before the request, while it waits and while it reads', async () => {
  const reason = new Error('enough');
  const origin = await say('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc');
  const silent = await say('');
  expect(
    await rejection(client().request(get(origin, { signal: AbortSignal.abort(reason) }))),
  ).toBe(reason);
  const stop = new AbortController();
  const waiting = client({ timeoutMs: 60_000 }).request(get(silent, { signal: stop.signal }));
  const outcome = rejection(waiting);
  stop.abort(reason);
  expect(await outcome).toBe(reason);
  const later = new AbortController();
  const { body } = await client({ timeoutMs: 60_000 }).stream(
    get(origin, { signal: later.signal }),
  );
  const reading = rejection(readAll(body));
  later.abort(reason);
  expect(await reading).toBe(reason);
});

test('HTTP client: refuses an answer that is larger than the limit for memory', async () => {
  const origin = await serve((_, response) => response.end(Buffer.alloc(2000)));
  const error = await rejection(client({ maxAnswerBytes: 1000 }).request(get(origin)));
  expect(error).toMatchObject({
    name: 'HttpError',
    kind: 'broken',
    message: expect.stringContaining('an answer of more than 1000 bytes'),
  });
  expect((await client({ maxAnswerBytes: 2000 }).request(get(origin))).body).toHaveLength(2000);
});

test.each(['GET', 'HEAD', 'PUT'] as const)(
  'HTTP client: many %s requests share few connections',
  async (method) => {
    const connections = new Set<unknown>();
    const origin = await serve((request, response) => {
      connections.add(request.socket);
      response.end('x');
    });
    const http = client({ connections: 4 });
    await Promise.all(Array.from({ length: 100 }, () => http.request(get(origin, { method }))));
    expect(connections.size).toBeLessThanOrEqual(4);
  },
);

test('HTTP client: a body in the answer to a HEAD does not change the next answers', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  const origin = await listen(
    createTcpServer((socket) => socket.on('data', () => socket.write(answer))),
  );
  const http = client({ connections: 1 });
  for (const method of ['HEAD', 'GET', 'HEAD', 'HEAD', 'PUT'] as const) {
    const { status, body } = await http.request(get(origin, { method }));
    expect({ status, body: body.toString() }).toEqual({
      status: 200,
      body: method === 'HEAD' ? '' : 'hello',
    });
  }
});

test('HTTP client: sends one request at a time on each connection, and uses all connections', async () => {
  const underWay = new Map<Socket, number>();
  let most = 0;
  let waiting: ServerResponse[] = [];
  const origin = await serve((request, response) => {
    underWay.set(request.socket, (underWay.get(request.socket) ?? 0) + 1);
    most = Math.max(most, underWay.get(request.socket) ?? 0);
    response.once('finish', () =>
      underWay.set(request.socket, (underWay.get(request.socket) ?? 0) - 1),
    );
    waiting.push(response);
    if (waiting.length < 4) return;
    for (const each of waiting) each.end('x');
    waiting = [];
  });
  const http = client({ connections: 4, timeoutMs: 10_000 });
  await Promise.all(
    Array.from({ length: 100 }, () => http.request(get(origin, { method: 'HEAD' }))),
  );
  expect({ connections: underWay.size, most }).toEqual({ connections: 4, most: 1 });
});

test('HTTP client: can be closed twice', async () => {
  const http = client();
  await http.close();
  await http.close();
});
