import { expect, test } from 'vitest';
import { SECURITY_HEADERS } from '../../src/listener/security-headers.js';
import { bearer, READ_TOKEN, ROUTES, serveListener, TOKEN } from './fixture.js';

const CANARY = 'canary-5f1e';
const PLACE = '/usr/lib/longshore/dist/bundle';

test('status page: the headers of security are these', () => {
  expect(SECURITY_HEADERS).toEqual({
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
});

test('status page: every answer has the headers of security, and no secret, path or stack trace', async () => {
  const served = await serveListener({
    routes: [
      ...ROUTES,
      {
        method: 'GET',
        path: '/api/v1/fails',
        needs: 'read',
        answer: () => {
          throw new Error(`${CANARY} in ${PLACE}/main.js`);
        },
      },
    ],
  });
  const { port, origin } = served;
  const { cookie } = await served.signIn();
  const head = (path: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n${more}\r\n`;
  const auth = `Authorization: Bearer ${TOKEN}\r\n`;
  const post = (path: string, more: string, body = '') =>
    `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
  const json = 'Content-Type: application/json\r\n';
  const answers = new Map<string, readonly string[]>([
    [
      '200',
      [
        head('/healthz'),
        head('/sign-in'),
        head('/sign-in.css'),
        head('/', auth),
        head('/metrics', auth),
        head('/api/v1/status', auth),
        head('/sign-in', `Cookie: ${cookie}\r\n`),
      ],
    ],
    [
      '303',
      [
        post(
          '/sign-in',
          `Origin: http://localhost:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\n`,
          `token=${TOKEN}`,
        ),
      ],
    ],
    [
      '400',
      [
        'nonsense\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        `GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n`,
        head(`/?token=${TOKEN}`),
        post('/api/v1/scan', `${auth}${json}`, '{'),
      ],
    ],
    [
      '401',
      [
        head('/'),
        head('/', 'Accept: text/html\r\n'),
        head('/api/v1/events'),
        head('/', `Authorization: Bearer ${'x'.repeat(40)}\r\n`),
      ],
    ],
    [
      '403',
      [
        head('/', `Origin: http://evil.example\r\n`),
        head('/', 'Sec-Fetch-Site: cross-site\r\nAccept: text/html\r\n'),
        post('/api/v1/scan', `Authorization: Bearer ${READ_TOKEN}\r\n${json}`, '{}'),
      ],
    ],
    [
      '404',
      [
        head('/nothing', auth),
        head('/nothing', `${auth}Accept: text/html\r\n`),
        head('/../', auth),
        head('/api/v1/nothing', auth),
      ],
    ],
    ['405', [head('/api/v1/scan', auth), post('/', `${auth}${json}`, '{}')]],
    ['413', [post('/api/v1/scan', `${auth}${json}`, `{"a":"${'a'.repeat(20_000)}"}`)]],
    ['414', [head(`/${'a'.repeat(4_200)}`, auth)]],
    ['415', [post('/api/v1/scan', `${auth}Content-Type: text/plain\r\n`, '{}')]],
    ['417', [head('/', 'Expect: the unexpected\r\n')]],
    ['421', ['GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n']],
    [
      '431',
      [
        head('/', `X-Long: ${'a'.repeat(9_000)}\r\n`),
        head('/', Array.from({ length: 60 }, (_, at) => `X-${at}: a\r\n`).join('')),
      ],
    ],
    ['500', [head('/api/v1/fails', auth)]],
  ]);
  for (const [status, requests] of answers)
    for (const request of requests) {
      const answer = await served.raw(request);
      const shown = `${JSON.stringify(request.slice(0, 60))}: ${answer.slice(0, 300)}`;
      expect(answer.slice(0, 12), shown).toBe(`HTTP/1.1 ${status}`);
      const names = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase();
      for (const [name, value] of Object.entries(SECURITY_HEADERS))
        expect(names, shown).toContain(`${name}: ${value.toLowerCase()}`);
      expect(names, shown).not.toMatch(/access-control|x-powered-by|\nserver:/);
      for (const secret of [CANARY, PLACE, TOKEN, READ_TOKEN, '\n    at ', '.js:'])
        expect(answer, shown).not.toContain(secret);
    }
  expect(served.log()).toContain(CANARY);
  expect(origin).toContain('127.0.0.1');
});

test('status page: a wrong path in a browser is a page, and for a script JSON', async () => {
  const served = await serveListener();
  const html = await served.ask('/nothing', { headers: { ...bearer(), accept: 'text/html' } });
  expect(html.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(html.text).toContain('<h1>404</h1>');
  const json = await served.ask('/api/v1/nothing', {
    headers: { ...bearer(), accept: 'text/html' },
  });
  expect(json.headers['content-type']).toBe('application/json; charset=utf-8');
});

test('status page: HEAD has the headers of GET, no content, and leaves no stream open', async () => {
  const served = await serveListener();
  for (const path of ['/', '/api/v1/status', '/sign-in', '/api/v1/events']) {
    const head = await served.ask(path, { method: 'HEAD', headers: bearer() });
    expect([path, head.status, head.text]).toEqual([path, 200, '']);
  }
});

test('status page: a page is made of the answers of the API, for the role of its session', async () => {
  const served = await serveListener();
  const { cookie } = await served.signIn(READ_TOKEN);
  const { text, headers } = await served.ask('/', { headers: { cookie } });
  expect(text).toBe('<p>read {"mirrors":[]}</p>');
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect((await served.ask('/page.js', { headers: { cookie } })).headers['content-type']).toBe(
    'text/javascript',
  );
});
