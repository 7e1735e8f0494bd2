import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { bearer, serveListener, statusOf, TOKEN } from './fixture.js';

function openSocket(port: number, from = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

const head = (more: string) =>
  `POST /api/v1/scan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n${more}\r\n`;

test('status page: a body of more than 16 KiB gets 413 before it has been sent', async () => {
  const served = await serveListener();
  const declared = await served.raw(head('Content-Length: 1000000000\r\n'));
  expect(statusOf(declared)).toBe(413);
  const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
  const chunked = await served.raw(`${head('Transfer-Encoding: chunked\r\n')}${chunk}1\r\na\r\n`);
  expect(statusOf(chunked)).toBe(413);
  expect(declared).toContain('connection: close');
});

test('status page: a body is not read for a caller without a token', async () => {
  const served = await serveListener();
  const anonymous = head('Content-Length: 15000\r\nOrigin: http://localhost\r\n').replace(
    TOKEN,
    'x'.repeat(40),
  );
  expect(statusOf(await served.raw(anonymous))).toBe(401);
});

test.each([
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}'],
  ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['chunks that are not the last coding', 'Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'],
  ['an unknown coding', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['a length with a sign', 'Content-Length: +2\r\n', '{}'],
  ['a negative length', 'Content-Length: -1\r\n', '{}'],
  ['a folded header', 'X: a\r\n b\r\nContent-Length: 2\r\n', '{}'],
  ['a blank before the colon', 'Content-Length : 2\r\n', '{}'],
  ['a bare line feed', 'X: a\nContent-Length: 2\r\n', '{}'],
  ['a chunk size with junk', 'Transfer-Encoding: chunked\r\n', '2 \r\n{}\r\n0\r\n\r\n'],
])('status page: %s smuggles no second request', async (_, more, body) => {
  const served = await serveListener();
  const smuggled = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Second: yes\r\n\r\n`;
  const answers = await served.raw(`${head(more)}${body}${smuggled}`);
  expect(answers).not.toContain('"status":"ok"');
  expect(answers).not.toContain('"requested":true');
  // What is wrong behind the headers is found when an answer may be on its way: the connection is cut.
  expect([0, 400]).toContain(statusOf(answers));
});

test('status page: of 64 connections the one that waits longest for a request makes room', async () => {
  const served = await serveListener();
  const silent = Array.from({ length: 200 }, () => openSocket(served.port));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  for (let look = 0; look < 5; look += 1)
    expect((await served.ask('/api/v1/status', { headers: bearer() })).status).toBe(200);
  await expect
    .poll(() => silent.filter((socket) => !socket.destroyed).length)
    .toBeLessThanOrEqual(64);
  expect(silent.slice(-32).every((socket) => !socket.destroyed)).toBe(true);
});

test('status page: an open stream is not closed for connections that send nothing', async () => {
  const served = await serveListener();
  const stream = openSocket(served.port);
  stream.write(
    `GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  );
  await once(stream, 'data');
  const silent = Array.from({ length: 150 }, () => openSocket(served.port));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  expect((await served.ask('/healthz')).status).toBe(200);
  expect(stream.destroyed).toBe(false);
});

test('status page: a session has at most 8 streams, all sessions 32, and a closed one makes room', async () => {
  const served = await serveListener();
  const streams: Socket[] = [];
  const openStream = async (cookie: string) => {
    const socket = openSocket(served.port);
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    streams.push(socket);
    return statusOf(answer.toString());
  };
  for (let session = 0; session < 4; session += 1) {
    const { cookie } = await served.signIn();
    for (let stream = 0; stream < 8; stream += 1) expect(await openStream(cookie)).toBe(200);
    expect(await openStream(cookie)).toBe(503);
  }
  const { cookie } = await served.signIn();
  expect(await openStream(cookie)).toBe(503);
  expect((await served.ask('/api/v1/status', { headers: bearer() })).status).toBe(200);
  streams[0]?.destroy();
  await expect.poll(() => openStream(cookie)).toBe(200);
});

test('status page: behind a proxy no other machine is let in', async () => {
  const served = await serveListener({
    settings: {
      listen: { host: '0.0.0.0', port: 0 },
      public: true,
      behindProxy: ['192.0.2.7'],
      hosts: ['a.example'],
    },
  });
  expect((await served.ask('/healthz')).status).toBe(200);
});

test('status page: closing ends streams, and refuses what comes after', async () => {
  const served = await serveListener();
  const stream = served.ask('/api/v1/events', { headers: bearer() });
  await served.ask('/healthz');
  await served.close();
  await stream.catch(() => undefined);
  await expect(served.ask('/healthz')).rejects.toThrow(/ECONNREFUSED/);
});
