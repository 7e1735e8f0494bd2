import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { serveMirror } from '../browser/served-mirror.js';
import { askPort, bearer, sendRaw, statusOf } from '../listener/fixture.js';
import { eventually } from '../world/eventually.js';

test('status page: 200 slow connections harm neither the page nor the mirroring nor the control socket', async () => {
  const served = await serveMirror();
  const slow = Array.from({ length: 200 }, () => connect(served.port, '127.0.0.1'));
  for (const socket of slow) socket.on('error', () => {});
  await Promise.all(slow.map((socket) => once(socket, 'connect')));
  const drip = setInterval(() => {
    for (const socket of slow) if (!socket.destroyed) socket.write('G');
  }, 500);
  try {
    for (let file = 0; file < 5; file += 1) {
      served.write(`file-${file}`);
      await eventually(() => expect(served.differences()).toEqual([]));
      const asked = await askPort(served.port, '/api/v1/status', { headers: bearer(served.token) });
      expect(asked.status).toBe(200);
      expect((await served.longshore('status')).code).toBe(0);
    }
    // Headers have five seconds; after that there is an answer, or the connection is closed.
    await eventually(() => expect(slow.every((socket) => socket.destroyed)).toBe(true));
  } finally {
    clearInterval(drip);
    for (const socket of slow) socket.destroy();
  }
});

test('status page: headers that do not end, and a body that does not come, get 408', async () => {
  const { port, token } = await serveMirror();
  const headers = sendRaw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n');
  const body = sendRaw(
    port,
    `POST /api/v1/scan HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{`,
  );
  const silent = sendRaw(port, '');
  expect(statusOf(await headers)).toBe(408);
  expect(await headers).toContain('x-frame-options: DENY');
  // Only the connection ends: an answer may have begun.
  expect([0, 408]).toContain(statusOf(await body));
  expect([0, 408]).toContain(statusOf(await silent));
});

test('P9: status page: no answer and no line of the log has a secret, over the life of a daemon', async () => {
  const secrets = ['canary-metrics-0123456789-0123456789', 'canary-read-0123456789-0123456789'];
  const { port, token, program } = await serveMirror({
    status: `  metrics_token: ${secrets[0]}\n  read_token: ${secrets[1]}\n`,
  });
  const { text: openapi } = await askPort(port, '/api/v1/openapi.json', { headers: bearer(token) });
  const paths = [
    '/',
    '/sign-in',
    '/metrics',
    '/nothing',
    '/api/v1/status',
    '/api/v1/mirrors/documents',
    '/api/v1/mirrors/nope',
    '/api/v1/held?mirror=documents',
    '/api/v1/held?mirror=nope',
    '/api/v1/config',
    '/api/v1/diagnostics',
    '/api/v1/targets',
    '/api/v1/changes',
    '/api/v1/notifications',
    '/api/v1/why?mirror=documents&name=../../etc/passwd',
    '/api/v1/trash/object?mirror=documents&name=../x&at=1',
  ];
  const answers = [openapi];
  const ask = async (path: string, method: string, headers: object, from = '127.0.0.1') => {
    const own = { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}` };
    const asked = await askPort(port, path, { method, headers: { ...own, ...headers }, from });
    answers.push(asked.text);
  };
  for (const path of paths)
    for (const method of ['GET', 'POST'])
      for (const headers of [bearer(token), bearer(secrets[1]), {}])
        await ask(path, method, headers);
  for (const path of paths.slice(0, 3)) await ask(path, 'GET', bearer('x'.repeat(40)), '127.0.0.3');
  program.kill('SIGTERM');
  await program.finished;
  const said = [...answers, program.stderr(), program.stdout()];
  const folder = new URL('../../', import.meta.url).pathname;
  for (const text of said)
    for (const secret of [token, ...secrets]) expect(text).not.toContain(secret);
  for (const text of answers) {
    expect(text).not.toContain(folder);
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
  }
});
