import { expect, test } from 'vitest';
import { parseTarget } from '../../src/listener/target-form.js';
import { ok } from '../../src/status/api.js';
import { serveListener, statusOf, TOKEN } from './fixture.js';

const TRICKS = [
  '/../etc/passwd',
  '/api/v1/../../etc/passwd',
  '/api/v1/mirrors/..',
  '/api/v1/mirrors/%2e%2e',
  '/api/v1/mirrors/.%2E/status',
  '/api/v1/mirrors/..%2f..%2fetc',
  '/api/v1/mirrors/%2Fetc%2Fpasswd',
  '/api/v1/mirrors/a%5cb',
  '/api/v1/mirrors/a%00',
  '/api/v1/mirrors/%0d%0aSet-Cookie:x',
  '/api/v1/mirrors/%252e%252e',
  '/api/v1/mirrors/%zz',
  '/api/v1/mirrors//documents',
  '/api/v1/mirrors/documents/',
  '//evil.example/api/v1/status',
  '/\\evil.example',
  '/api\\v1\\status',
  '/api/v1/status#x',
  'http://evil.example/api/v1/status',
  'http://127.0.0.1/api/v1/status',
  'file:///etc/passwd',
  '*',
];

test.each(TRICKS)('status page: the path %s is at nothing, and asks no route', async (path) => {
  let asked = 0;
  const answer = () => {
    asked += 1;
    return ok({});
  };
  const served = await serveListener({
    routes: [
      { method: 'GET', path: '/api/v1/status', needs: 'read', answer },
      { method: 'GET', path: '/api/v1/mirrors/:mirror', needs: 'read', answer },
    ],
  });
  const head = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`;
  const answered = await served.raw(`GET ${path} HTTP/1.1\r\n${head}`);
  expect(statusOf(answered)).toBe(404);
  expect(asked).toBe(0);
  expect(statusOf(await served.raw(`GET /api/v1/mirrors/a%20b HTTP/1.1\r\n${head}`))).toBe(200);
});

test.each([
  '/debug',
  '/debug/pprof/heap',
  '/json/version',
  '/page.js.map',
  '/assets/',
  '/main.js',
  '/index.html',
])('status page: there is nothing at %s for one who has signed in either', async (path) => {
  const served = await serveListener();
  const head = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`;
  expect(statusOf(await served.raw(`GET ${path} HTTP/1.1\r\n${head}`))).toBe(404);
});

test('target form: a plain path and its query are taken apart', () => {
  expect(parseTarget('/api/v1/why?mirror=a&name=..%2Fb%00')).toEqual({
    path: '/api/v1/why',
    query: new URLSearchParams({ mirror: 'a', name: '../b\0' }),
  });
  expect(parseTarget('/')?.path).toBe('/');
  expect(parseTarget('/é')).toBeUndefined();
  expect(parseTarget('')).toBeUndefined();
});
