import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import {
  bearer,
  METRICS_TOKEN,
  READ_TOKEN,
  ROUTES,
  serveListener,
  steppedClock,
  TOKEN,
} from './fixture.js';

const PATHS = [
  ...ROUTES.map(({ path }) => path.replace(':mirror', 'documents')),
  '/',
  '/changes',
  '/service',
  '/mirrors/documents',
  '/metrics',
  '/page.js',
  '/api/v1/session',
  '/api/v1/nothing',
  '/nothing',
  '/debug/pprof',
  '/favicon.ico',
  '/.env',
];

test('status page: every path but three answers 401 without a token, whatever the method', async () => {
  const served = await serveListener();
  for (const path of PATHS)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { origin } = served;
      const { status } = await served.ask(path, { method, headers: { origin } });
      expect(`${method} ${path} ${status}`).toBe(`${method} ${path} 401`);
    }
  for (const path of ['/healthz', '/sign-in', '/sign-in.css'])
    expect((await served.ask(path)).status).toBe(200);
  expect((await served.ask('/healthz')).text).toBe('{"status":"ok"}\n');
});

test('status page: a browser without a session gets the form to sign in, as 401', async () => {
  const served = await serveListener();
  const { status, text, headers } = await served.ask('/', { headers: { accept: 'text/html' } });
  expect(status).toBe(401);
  expect(text).toContain('<form method="post" action="/sign-in">');
  expect(headers['www-authenticate']).toBe('Bearer');
});

test('status page: a wrong token is answered late, and after ten of a minute no token of that address is read', async () => {
  const clock = steppedClock();
  const served = await serveListener({ clock });
  for (let wrong = 0; wrong < 10; wrong += 1)
    expect((await served.ask('/api/v1/status', { headers: bearer('x'.repeat(40)) })).status).toBe(
      401,
    );
  expect(clock.slept).toEqual(Array(10).fill(1_000));
  const blocked = await served.ask('/api/v1/status', { headers: bearer() });
  expect(blocked.status).toBe(429);
  expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(50);
  const elsewhere = await served.ask('/api/v1/status', { headers: bearer(), from: '127.0.0.2' });
  expect(elsewhere.status).toBe(200);
  clock.advance(60_000);
  expect((await served.ask('/api/v1/status', { headers: bearer() })).status).toBe(200);
  expect(served.log().match(/wrong token at the status page address=127\.0\.0\.1/g)).toHaveLength(
    10,
  );
});

test('status page: a form with wrong tokens is limited like the header', async () => {
  const served = await serveListener();
  const form = (token: string) =>
    served.ask('/sign-in', {
      method: 'POST',
      headers: {
        origin: served.origin,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `token=${token}`,
    });
  for (let wrong = 0; wrong < 10; wrong += 1) expect((await form('nonsense')).status).toBe(401);
  const blocked = await form(TOKEN);
  expect(blocked.status).toBe(429);
  expect(blocked.text).toContain('Too many wrong tokens');
  expect(blocked.headers['set-cookie']).toBeUndefined();
});

test('status page: a token in the address is refused, and is in no line of the log', async () => {
  const served = await serveListener();
  for (const path of [
    `/?token=${TOKEN}`,
    `/sign-in?token=${TOKEN}`,
    `/healthz?a=b&Token=${TOKEN}`,
  ]) {
    const { status, text } = await served.ask(path, { headers: bearer() });
    expect(status).toBe(400);
    expect(text).not.toContain(TOKEN);
  }
  expect(served.log()).not.toContain(TOKEN);
});

test('status page: the cookie of a session is not the token, and scripts and other sites do not get it', async () => {
  const served = await serveListener();
  const { headers } = await served.post('/api/v1/session', {}, bearer());
  const [cookie = ''] = headers['set-cookie'] ?? [];
  expect(cookie).toMatch(
    new RegExp(
      `^longshore-${served.port}=[\\w-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict$`,
    ),
  );
  expect(cookie).not.toContain(TOKEN);
});

test('status page: a session ends after 12 hours', async () => {
  const clock = steppedClock();
  const served = await serveListener({ clock });
  const { cookie } = await served.signIn();
  const look = () => served.ask('/api/v1/status', { headers: { cookie } });
  clock.advance(12 * 3_600_000 - 60_000);
  expect((await look()).status).toBe(200);
  clock.advance(61_000);
  expect((await look()).status).toBe(401);
});

test('status page: a session ends when it signs out, by script and by form', async () => {
  const served = await serveListener();
  const script = await served.signIn();
  const byScript = { cookie: script.cookie, csrf: script.csrf, origin: served.origin };
  expect(
    (await served.ask('/api/v1/session', { method: 'DELETE', headers: byScript })).status,
  ).toBe(200);
  expect((await served.ask('/api/v1/status', { headers: byScript })).status).toBe(401);

  const { cookie, csrf } = await served.signIn();
  const signOut = (field: string) =>
    served.ask('/sign-out', {
      method: 'POST',
      headers: {
        cookie,
        origin: served.origin,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `csrf=${field}`,
    });
  expect((await signOut('wrong')).status).toBe(403);
  expect((await served.ask('/api/v1/status', { headers: { cookie } })).status).toBe(200);
  expect((await signOut(csrf)).headers.location).toBe('/sign-in');
  expect((await served.ask('/api/v1/status', { headers: { cookie } })).status).toBe(401);
});

test('status page: sessions and open streams end when the token changes', async () => {
  const clock = steppedClock();
  let token = TOKEN;
  const tokens = [{ role: 'decide', setting: 'status.token', lookUp: () => token }] as const;
  const served = await serveListener({ clock, tokens });
  const { cookie } = await served.signIn();
  const stream = connect(served.port, '127.0.0.1');
  stream.write(
    `GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`,
  );
  await once(stream, 'data');
  const ended = once(stream, 'close');
  token = READ_TOKEN;
  clock.advance(1_001);
  expect((await served.ask('/api/v1/status', { headers: { cookie } })).status).toBe(401);
  expect((await served.ask('/api/v1/status', { headers: bearer(TOKEN) })).status).toBe(401);
  expect((await served.ask('/api/v1/status', { headers: bearer(READ_TOKEN) })).status).toBe(200);
  await ended;
});

test('status page: a token that cannot be read for a moment stays what it was, and the log says so once', async () => {
  const clock = steppedClock();
  let fails = false;
  const lookUp = () => {
    if (fails) throw new Error('gone');
    return TOKEN;
  };
  const served = await serveListener({
    clock,
    tokens: [{ role: 'decide', setting: 'status.token', lookUp }],
  });
  fails = true;
  for (let look = 0; look < 3; look += 1) {
    clock.advance(1_001);
    expect((await served.ask('/api/v1/status', { headers: bearer() })).status).toBe(200);
  }
  expect(served.log().match(/token of the status page not read/g)).toHaveLength(1);
});

test('status page: a cookie alone changes nothing', async () => {
  const served = await serveListener();
  const { cookie, csrf } = await served.signIn();
  expect((await served.post('/api/v1/scan', {}, { cookie })).status).toBe(403);
  expect((await served.post('/api/v1/scan', {}, { cookie, csrf: 'x' })).status).toBe(403);
  const other = await served.signIn();
  expect((await served.post('/api/v1/scan', {}, { cookie, csrf: other.csrf })).status).toBe(403);
  expect((await served.post('/api/v1/scan', {}, { cookie, csrf })).status).toBe(200);
});

test('status page: a token that may only look gets 403 for each route that acts, and sees the others', async () => {
  const served = await serveListener();
  for (const { method, path, needs } of ROUTES.filter((route) => route.path.startsWith('/api/'))) {
    if (path.endsWith('/events')) continue;
    const headers = { ...bearer(READ_TOKEN), 'content-type': 'application/json' };
    const asked = await served.ask(path.replace(':mirror', 'documents'), { method, headers });
    expect(`${path} ${asked.status}`).toBe(`${path} ${needs === 'decide' ? 403 : 200}`);
  }
  const { cookie } = await served.signIn(READ_TOKEN);
  const session = await served.ask('/api/v1/session', { headers: { cookie } });
  expect(JSON.parse(session.text)).toMatchObject({ role: 'read' });
});

test('status page: the token of the metrics opens nothing else, and the others open the metrics', async () => {
  const served = await serveListener();
  for (const token of [METRICS_TOKEN, READ_TOKEN, TOKEN]) {
    const { status, text } = await served.ask('/metrics', { headers: bearer(token) });
    expect([status, text]).toEqual([200, 'longshore_up 1\n']);
  }
  for (const path of ['/', '/api/v1/status', '/api/v1/session', '/nothing'])
    expect((await served.ask(path, { headers: bearer(METRICS_TOKEN) })).status).toBe(403);
  expect((await served.post('/api/v1/session', {}, bearer(METRICS_TOKEN))).status).toBe(403);
});

test('status page: routes of the control socket alone are not on the network', async () => {
  const served = await serveListener();
  expect((await served.post('/approve?mirror=a&id=b', {}, bearer())).status).toBe(405);
});

test('status page: an order is logged with its session and role, without its query', async () => {
  const served = await serveListener();
  await served.post('/api/v1/scan?name=secret-name', {}, bearer());
  expect(served.log()).toMatch(
    /order from the page method=POST path=\/api\/v1\/scan session=token-[\da-f]{12} role=decide status=200/,
  );
  expect(served.log()).not.toContain('secret-name');
});

test.each([
  ['too short', 'short-token'],
  ['not to be sent in a header', `${'a'.repeat(40)} b`],
])('status page: a token that is %s is refused at the opening', async (_, token) => {
  const tokens = [{ role: 'decide', setting: 'status.token', lookUp: () => token }] as const;
  const opening = serveListener({ tokens });
  await expect(opening).rejects.toThrow(/^status\.token: expected at least 32 characters/);
  await expect(opening).rejects.not.toThrow(token);
});

test('status page: one token for two roles is refused at the opening', async () => {
  const tokens = [
    { role: 'decide', setting: 'status.token', lookUp: () => TOKEN },
    { role: 'read', setting: 'status.read_token', lookUp: () => TOKEN },
  ] as const;
  await expect(serveListener({ tokens })).rejects.toThrow(
    'status.read_token is the same token as status.token',
  );
});
