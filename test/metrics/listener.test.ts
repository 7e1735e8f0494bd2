import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import { type MetricsListenerOptions, openMetricsListener } from '../../src/metrics/listener.js';

const READ = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'longshore_info 1\n' });

async function open(options: Partial<MetricsListenerOptions> = {}): Promise<number> {
  const listener = await openMetricsListener({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    read: READ,
    clock: systemClock,
    log: silentLogger,
    ...options,
  });
  onTestFinished(() => listener.close());
  return listener.port;
}

async function ask(
  port: number,
  { path = '/metrics', method = 'GET', headers = {} as Record<string, string> } = {},
) {
  return new Promise<{ status: number | undefined; type: string | undefined; body: string }>(
    (resolve, reject) => {
      request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
        const { statusCode: status, headers: answered } = response;
        void text(response).then((body) =>
          resolve({ status, type: answered['content-type'], body }),
        );
      })
        .on('error', reject)
        .end();
    },
  );
}

/** What the server sends until it closes the connection. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    connect(port, '127.0.0.1', function opened(this: import('node:net').Socket) {
      this.write(bytes);
    })
      .on('data', (data) => {
        answer += String(data);
      })
      .on('error', () => {})
      .on('close', () => resolve(answer));
  });
}

describe('metrics listener', () => {
  test('answers GET and HEAD of /metrics, and refuses the rest', async () => {
    const port = await open();
    expect(await ask(port)).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4',
      body: 'longshore_info 1\n',
    });
    expect(await ask(port, { path: '/metrics?x=1' })).toMatchObject({ status: 200 });
    expect(await ask(port, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const path of ['/', '/metrics/', '/../metrics', '/status'])
      expect(await ask(port, { path })).toMatchObject({ status: 404 });
    expect(await ask(port, { method: 'POST' })).toMatchObject({ status: 405 });
  });

  test('wants its token, the whole of it', async () => {
    const port = await open({ token: 'abcdef' });
    const withToken = (authorization: string) => ask(port, { headers: { authorization } });
    expect(await ask(port)).toMatchObject({ status: 401 });
    for (const wrong of [
      'Bearer abcde',
      'Bearer abcdefg',
      'bearer abcdef',
      'abcdef',
      'Basic abcdef',
    ])
      expect(await withToken(wrong)).toMatchObject({ status: 401 });
    expect(await withToken('Bearer abcdef')).toMatchObject({ status: 200 });
  });

  test('on a loopback address answers no request for the name of a web page', async () => {
    const port = await open();
    for (const host of ['rebound.example.org', 'rebound.example.org:80', '127.0.0.1.example.org'])
      expect(await ask(port, { headers: { host } }), host).toMatchObject({ status: 421 });
    for (const host of ['localhost', `127.0.0.1:${port}`, '[::1]:9460'])
      expect(await ask(port, { headers: { host } }), host).toMatchObject({ status: 200 });
  });

  test('ends a connection whose headers are too large or not HTTP', async () => {
    const port = await open();
    const large = `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(port, large)).toMatch(/^HTTP\/1\.1 431/);
    expect(await raw(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
  });

  test('says that collecting failed, and not how', async () => {
    const port = await open({
      read: () => Promise.reject(new Error('SECRET')),
    });
    const { status, body } = await ask(port);
    expect({ status, leaks: body.includes('SECRET') }).toEqual({ status: 500, leaks: false });
  });

  test('an address that is taken is an error', async () => {
    const port = await open();
    await expect(open({ port })).rejects.toThrow('EADDRINUSE');
  });
});
