import { expect, test } from 'vitest';
import { ok } from '../../src/status/api.js';
import { bearer, serveListener, statusOf, TOKEN } from './fixture.js';

test.each([
  'evil.example',
  'evil.example:PORT',
  '127.0.0.1.evil.example:PORT',
  'localhost.evil.example',
  '127.0.0.1@evil.example',
  '0.0.0.0:PORT',
  '[::]:PORT',
  '127.0.0.1:PORT:1',
  '127.0.0.1, evil.example',
  'localhost.',
  '',
])(
  'status page: a Host that is not ours gets 421 before any path means anything: "%s"',
  async (host) => {
    const served = await serveListener();
    const headers = { ...bearer(), host: host.replace('PORT', String(served.port)) };
    for (const path of ['/', '/healthz', '/api/v1/status', '/nothing', '/sign-in'])
      expect((await served.ask(path, { headers })).status).toBe(421);
  },
);

test('status page: a request without Host gets 421, one with two 400', async () => {
  const served = await serveListener();
  expect(statusOf(await served.raw('GET /healthz HTTP/1.0\r\n\r\n'))).toBe(421);
  expect(statusOf(await served.raw('GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'))).toBe(
    421,
  );
  const twice =
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  expect(statusOf(await served.raw(twice))).toBe(400);
});

test('status page: the names of loopback and the configured ones are ours, on any port', async () => {
  const served = await serveListener({ settings: { hosts: ['nas.example'] } });
  for (const host of ['127.0.0.1', 'localhost:8080', '[::1]:7460', 'NAS.example:443'])
    expect((await served.ask('/healthz', { headers: { host } })).status).toBe(200);
});

test.each(['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1:PORT', ''])(
  'status page: the Origin "%s" is foreign, for each method, with and without a token',
  async (origin) => {
    let orders = 0;
    const order = { method: 'POST', path: '/api/v1/scan', needs: 'decide' } as const;
    const served = await serveListener({
      routes: [
        {
          ...order,
          answer: () => {
            orders += 1;
            return ok({});
          },
        },
      ],
    });
    const { cookie, csrf } = await served.signIn();
    const foreign = { origin: origin.replace('PORT', String(served.port)) };
    for (const headers of [foreign, { ...foreign, ...bearer() }, { ...foreign, cookie, csrf }]) {
      expect((await served.ask('/', { headers })).status).toBe(403);
      expect((await served.ask('/', { method: 'OPTIONS', headers })).status).toBe(403);
      expect((await served.post('/api/v1/scan', {}, headers)).status).toBe(403);
      expect((await served.post('/sign-in', {}, headers)).status).toBe(403);
    }
    expect(orders).toBe(0);
  },
);

test.each(['cross-site', 'same-site', 'nonsense'])(
  'status page: what a browser marks as "%s" gets 403',
  async (site) => {
    const served = await serveListener();
    const headers = { ...bearer(), 'sec-fetch-site': site };
    expect((await served.ask('/', { headers })).status).toBe(403);
    expect((await served.post('/api/v1/scan', {}, headers)).status).toBe(403);
    for (const own of ['same-origin', 'none'])
      expect(
        (await served.ask('/', { headers: { ...bearer(), 'sec-fetch-site': own } })).status,
      ).toBe(200);
  },
);

test('status page: an order without Origin needs the token itself', async () => {
  const served = await serveListener();
  const { cookie, csrf } = await served.signIn();
  const json = { 'content-type': 'application/json' };
  const order = (headers: Record<string, string>) =>
    served.ask('/api/v1/scan', { method: 'POST', headers: { ...json, ...headers }, body: '{}' });
  expect((await order({ cookie, csrf })).status).toBe(403);
  expect((await order(bearer())).status).toBe(200);
});

test.each([
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'text/plain;application/json',
  'application/json, text/plain',
  'application/jsonp',
])('status page: a POST of the type "%s" gets 415', async (type) => {
  const served = await serveListener();
  const { cookie, csrf } = await served.signIn();
  for (const headers of [bearer(), { cookie, csrf }]) {
    const asked = await served.post('/api/v1/scan', {}, { ...headers, 'content-type': type });
    expect(asked.status).toBe(415);
  }
});

test('status page: a GET of what acts is 405, and no answer allows another origin', async () => {
  const served = await serveListener();
  for (const [path, method] of [
    ['/api/v1/scan', 'GET'],
    ['/api/v1/scan', 'HEAD'],
    ['/', 'POST'],
    ['/sign-out', 'GET'],
  ] as const) {
    const headers = { ...bearer(), 'content-type': 'application/json' };
    const asked = await served.ask(path, { method, headers });
    expect(`${path} ${asked.status}`).toBe(`${path} 405`);
    expect(Object.keys(asked.headers).filter((name) => name.startsWith('access-control'))).toEqual(
      [],
    );
  }
});

test('status page: behind a proxy the page is at https, and on this machine at http', async () => {
  const served = await serveListener({
    settings: { behindProxy: ['192.0.2.7'], hosts: ['backup.example'] },
  });
  const order = (host: string, origin: string) =>
    served.post('/api/v1/session', {}, { ...bearer(), host, origin });
  const proxied = await order('backup.example', 'https://backup.example');
  expect(proxied.status).toBe(200);
  expect(proxied.headers['set-cookie']?.[0]).toMatch(/^__Host-longshore-\d+=.*; Secure$/);
  expect((await order('backup.example', 'http://backup.example')).status).toBe(403);
  const near = await order('localhost:7460', 'http://localhost:7460');
  expect(near.headers['set-cookie']?.[0]).not.toContain('Secure');
});

test('status page: what a request says to have been forwarded for changes neither its host nor its origin', async () => {
  for (const behindProxy of [[], ['127.0.0.1']]) {
    const served = await serveListener({ settings: { behindProxy, hosts: ['backup.example'] } });
    const forwarded = {
      'x-forwarded-host': 'localhost',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host=localhost;proto=https',
    };
    const headers = { ...forwarded, ...bearer() };
    const foreign = { ...headers, host: 'evil.example' };
    expect((await served.ask('/', { headers: foreign })).status).toBe(421);
    const evil = { ...headers, host: 'backup.example', origin: 'https://evil.example' };
    expect((await served.post('/api/v1/scan', {}, evil)).status).toBe(403);
    const secure = { ...headers, host: 'localhost', origin: 'https://localhost' };
    expect((await served.post('/api/v1/scan', {}, secure)).status).toBe(403);
  }
});

test('status page: wrong tokens are counted by the address that a named proxy has added, and by no other', async () => {
  const guess = async (behindProxy: readonly string[], from: (at: number) => string) => {
    const served = await serveListener({ settings: { behindProxy, hosts: ['backup.example'] } });
    const ask = async (forwarded: string, token: string) => {
      const headers = { ...bearer(token), host: 'backup.example', 'x-forwarded-for': forwarded };
      return (await served.ask('/api/v1/status', { headers })).status;
    };
    for (let at = 0; at < 10; at += 1) expect(await ask(from(at), 'wrong')).toBe(401);
    return ask;
  };
  // One caller that claims to be others before the address that the proxy adds.
  const liar = await guess(['127.0.0.1'], (at) => `192.0.2.${at}, 198.51.100.7`);
  expect(await liar('203.0.113.5, 198.51.100.7', TOKEN)).toBe(429);
  expect(await liar('198.51.100.8', TOKEN)).toBe(200);
  // Without a proxy, and from one that is not named, the header is not read.
  for (const behindProxy of [[], ['192.0.2.7']]) {
    const direct = await guess(behindProxy, (at) => `192.0.2.${at}`);
    expect(await direct('198.51.100.8', TOKEN)).toBe(429);
  }
  const broken = await guess(['127.0.0.1'], () => 'unknown');
  expect(await broken('198.51.100.8', TOKEN)).toBe(200);
});
