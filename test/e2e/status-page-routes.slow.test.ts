import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, serveMirror } from '../browser/served-mirror.js';
import { askPort, bearer } from '../listener/fixture.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { start } from '../world/program.js';

const READ_TOKEN = 'read-token-of-the-test-0123456789-0123456789';

test('status page: each route of the daemon answers 401 without a token, and 403 to a reader if it acts', async () => {
  const served = await serveMirror({ status: `  read_token: ${READ_TOKEN}\n` });
  const { port, token, origin } = served;
  const json = { 'content-type': 'application/json', origin };
  // An unknown path is answered with the table of all of them.
  const unknown = await askPort(port, '/api/v1/nothing', { headers: bearer(token) });
  const table = [...unknown.text.matchAll(/(GET|POST|DELETE) (\/[\w/:.-]+)/g)]
    .map(([, method = '', path = '']) => ({ method, path: path.replace(/:\w+/g, 'documents') }))
    .filter(({ path }) => path !== '/api/v1/nothing');
  expect(table.length).toBeGreaterThan(8);
  expect(table.every(({ path }) => path.startsWith('/api/v1/'))).toBe(true);

  for (const { method, path } of table) {
    for (const each of new Set([method, 'HEAD', 'GET', 'POST'])) {
      const anonymous = await askPort(port, path, { method: each, headers: json });
      expect(`${each} ${path} ${anonymous.status}`).toBe(`${each} ${path} 401`);
    }
    if (method === 'GET') continue;
    const reader = await askPort(port, path, {
      method,
      headers: { ...json, ...bearer(READ_TOKEN) },
      body: '{}',
    });
    expect(`${path} ${reader.status}`).toBe(`${path} 403`);
  }
});

test('status page: is nowhere unless the configuration says where', async () => {
  const mirror = openLocalMirror();
  const daemon = mirror.daemon();
  await expect.poll(() => existsSync(join(mirror.state, 'control.sock'))).toBe(true);
  expect(existsSync(join(mirror.state, 'page-token'))).toBe(false);
  expect(daemon.stderr()).not.toContain('status page');
});

test('P8: status page: an address that is taken is logged, and the mirror is mirrored', async () => {
  const first = await serveMirror();
  const second = openLocalMirror(`status:\n  listen: "127.0.0.1:${first.port}"\n`);
  second.write('a');
  const daemon = second.daemon();
  await expect.poll(() => second.differences()).toEqual([]);
  expect(daemon.stderr()).toMatch(/error status page not served error=.*EADDRINUSE/);
});

test('P9: a token that the configuration names and does not have fails the check', async () => {
  const mirror = openLocalMirror(
    'status:\n  listen: "127.0.0.1:7460"\n  token: { env: NOT_SET }\n',
  );
  const { code, stderr } = await mirror.longshore('check');
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('status.token: environment variable NOT_SET'),
  ]);
});

const ACTIVATE = '/usr/bin/systemd-socket-activate';

test.skipIf(!existsSync(ACTIVATE))(
  'status page: is on the socket that systemd passes',
  async () => {
    const port = await freePort();
    const mirror = openLocalMirror('status:\n  listen: systemd\n');
    mirror.write('a');
    const environment = ['HOME', 'XDG_CACHE_HOME', 'NO_COLOR'].flatMap((name) => ['-E', name]);
    const daemon = start(['--config', join(mirror.folder, 'longshore.yaml'), 'run'], {
      cwd: mirror.folder,
      around: [ACTIVATE, '-l', `127.0.0.1:${port}`, ...environment],
    });
    onTestFinished(async () => {
      daemon.kill('SIGKILL');
      await daemon.finished;
    });
    await expect.poll(() => daemon.stderr()).toContain('Listening on');
    // The first connection starts the program, which answers it.
    expect((await askPort(port, '/healthz')).text).toBe('{"status":"ok"}\n');
    expect(daemon.stderr()).toContain(`status page served url=http://127.0.0.1:${port}/`);
  },
);

test('P9: status page: a debugger that Node opens is warned of, and the page has none of its addresses', async () => {
  const mirror = openLocalMirror();
  const program = start(['--config', join(mirror.folder, 'longshore.yaml'), 'run'], {
    cwd: mirror.folder,
    nodeOptions: ['--inspect=127.0.0.1:0'],
    keepsStrayLines: true,
  });
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await program.finished;
  });
  await expect
    .poll(() => program.stderr())
    .toMatch(/warn debugger is open address=127\.0\.0\.1:\d+ /);
  const own = program
    .stderr()
    .split('\n')
    .filter((line) => line.includes('debugger is open'));
  expect(own.join('\n')).not.toContain('ws://');

  const served = await serveMirror();
  for (const path of ['/json', '/json/version', '/json/list', '/debug/pprof/', '/page.js.map']) {
    const asked = await askPort(served.port, path, { headers: bearer(served.token) });
    expect(`${path} ${asked.status}`).toBe(`${path} 404`);
  }
  // As main.ts says: on this signal Node would open its debugger.
  served.program.kill('SIGUSR1');
  expect((await askPort(served.port, '/healthz')).status).toBe(200);
  expect(served.program.stderr()).not.toMatch(/Debugger listening|debugger is open/);
});
