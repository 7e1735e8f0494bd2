import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { rejection } from '../conformance/fixture.js';
import { cleanups, client, get, listen, serve } from './http-fixture.js';

test('HTTP client: uses the proxy of the given environment, unless no_proxy names the host, and never reads process.env', async () => {
  const origin = await serve((_, response) => response.end('direct'));
  let proxied = 0;
  const proxy = await serve((request, response) => {
    proxied += 1;
    response.end(`proxied ${request.url}`);
  });
  const tunnels = createServer();
  tunnels.on('connect', (_request, socket: Socket) => {
    proxied += 1;
    const { port } = new URL(origin);
    const through = connect(Number(port), '127.0.0.1', () =>
      socket.write('HTTP/1.1 200 OK\r\n\r\n'),
    );
    socket
      .pipe(through)
      .pipe(socket)
      .on('error', () => {});
  });
  const tunnel = await listen(tunnels);
  process.env['http_proxy'] = proxy;
  cleanups.push(() => delete process.env['http_proxy']);
  expect((await client().request(get(origin))).body.toString()).toBe('direct');
  expect(proxied).toBe(0);
  await client({ env: { http_proxy: tunnel } }).request(get(origin));
  expect(proxied).toBe(1);
  await client({ env: { HTTP_PROXY: tunnel, no_proxy: '127.0.0.1' } }).request(get(origin));
  expect(proxied).toBe(1);
  for (const name of ['all_proxy', 'ALL_PROXY'])
    await client({ env: { [name]: tunnel } }).request(get(origin));
  expect(proxied).toBe(3);
  await client({ env: { ALL_PROXY: tunnel, http_proxy: '' } }).request(get(origin));
  expect(proxied).toBe(3);
});

test('HTTP client: trusts only a certificate of a known authority or of ca_file', async () => {
  const pem = (name: string) =>
    readFileSync(new URL(`../../../../test/fakes/tls/${name}.pem`, import.meta.url), 'utf8');
  const server = createTlsServer({ cert: pem('certificate'), key: pem('key') }, (_, response) =>
    response.end('secret'),
  );
  const origin = (await listen(server)).replace('http:', 'https:');
  const error = await rejection(client().request(get(origin)));
  expect(error).toMatchObject({ kind: 'unreachable' });
  expect(error.message).toContain('ca_file');
  expect((await client({ ca: pem('certificate') }).request(get(origin))).body.toString()).toBe(
    'secret',
  );
  expect((await client({ verifyTls: false }).request(get(origin))).body.toString()).toBe('secret');
});

test('HTTP client: sends https through https_proxy, and checks the certificate there as well', async () => {
  const pem = (name: string) =>
    readFileSync(new URL(`../../../../test/fakes/tls/${name}.pem`, import.meta.url), 'utf8');
  const server = createTlsServer({ cert: pem('certificate'), key: pem('key') }, (_, response) =>
    response.end('secret'),
  );
  const origin = (await listen(server)).replace('http:', 'https:');
  const asked: unknown[] = [];
  const tunnels = createServer();
  tunnels.on('connect', ({ url, headers }, socket: Socket) => {
    asked.push([url, headers['proxy-authorization']]);
    const through = connect(Number(new URL(origin).port), '127.0.0.1', () =>
      socket.write('HTTP/1.1 200 OK\r\n\r\n'),
    );
    socket
      .pipe(through)
      .pipe(socket)
      .on('error', () => {});
  });
  const tunnel = (await listen(tunnels)).replace('//', '//user:pass@');
  const host = new URL(origin).host;
  const ca = pem('certificate');
  const options = { timeoutMs: 5000 };
  expect(
    (
      await client({ ...options, ca, env: { HTTPS_PROXY: tunnel } }).request(get(origin))
    ).body.toString(),
  ).toBe('secret');
  expect(asked).toEqual([[host, `Basic ${Buffer.from('user:pass').toString('base64')}`]]);
  expect(
    await rejection(client({ ...options, env: { https_proxy: tunnel } }).request(get(origin))),
  ).toMatchObject({ kind: 'unreachable' });
  expect(asked).toHaveLength(2);
  await client({ ...options, ca, env: { HTTPS_PROXY: tunnel, NO_PROXY: '127.0.0.1' } }).request(
    get(origin),
  );
  await client({ ...options, ca, env: { http_proxy: tunnel } }).request(get(origin));
  expect(asked).toHaveLength(2);
});

test('HTTP client: a server that never greets times out after the time for connecting', async () => {
  const origin = (await listen(createTcpServer((socket) => void socket.resume()))).replace(
    'http:',
    'https:',
  );
  const error = await rejection(
    client({ connectTimeoutMs: 300, timeoutMs: 600_000 }).request(get(origin)),
  );
  expect(error).toMatchObject({
    kind: 'unreachable',
    code: 'UND_ERR_CONNECT_TIMEOUT',
    message: expect.stringContaining('300ms'),
  });
});

test('HTTP client: reports a proxy setting that is no address', async () => {
  const http = client({ env: { https_proxy: 'not a url', http_proxy: 'not a url' } });
  expect(await rejection(http.request(get('http://127.0.0.1:1')))).toMatchObject({
    name: 'HttpError',
    kind: 'unreachable',
  });
  await http.close();
});
