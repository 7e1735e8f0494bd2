import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import type { ApiRoute } from '../../src/status/api.js';
import {
  askDaemon,
  askStatus,
  DaemonAnswerError,
  DaemonNotRunningError,
} from '../../src/status/client.js';
import { statusRoutes } from '../../src/status/routes.js';
import { openControlServer } from '../../src/status/server.js';
import { temporaryFolder } from '../world/folder.js';
import { daemonStatus, mirrorStatus, targetStatus } from './statuses.js';

let stateFolder: string;
let cleanups: (() => Promise<unknown>)[];
beforeEach(() => {
  stateFolder = temporaryFolder('control');
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const status = daemonStatus({
  mirrors: [mirrorStatus(), mirrorStatus({ mirror: 'fo&to=s', target: 'cloud' })],
  targets: [targetStatus(), targetStatus({ target: 'cloud' })],
});

async function serve(routes: readonly ApiRoute[] = statusRoutes(() => status)) {
  const server = await openControlServer({
    stateFolder,
    routes,
    clock: systemClock,
    log: silentLogger,
  });
  cleanups.push(() => server.close());
  return server;
}

function asking(signal = new AbortController().signal) {
  return { stateFolder, clock: systemClock, signal };
}

test('control socket: answers with the status of all mirrors or of one', async () => {
  await serve();
  expect(await askStatus(undefined, asking())).toEqual(status);
  expect(await askStatus('fo&to=s', asking())).toEqual({
    ...status,
    mirrors: [status.mirrors[1]],
    targets: [status.targets[1]],
  });
  expect(await askDaemon('GET', '/healthz', asking())).toEqual({
    status: 'ok',
    version: '0.1.0',
    pid: 4711,
  });
});

test('control socket: answers an unknown question with the known ones', async () => {
  await serve([
    ...statusRoutes(() => status),
    route('/broken', () => {
      throw new Error('index closed');
    }),
    route('/cycle', () => ({ status: 200, body: 1n })),
  ]);
  await expect(askStatus('nope', asking())).rejects.toThrow(
    'there is no mirror "nope"; the configuration has documents, fo&to=s',
  );
  await expect(askDaemon('POST', '/status', asking())).rejects.toThrow(
    'POST /status is not one of GET /status, GET /healthz',
  );
  await expect(askDaemon('GET', '/constructor', asking())).rejects.toThrow(
    'GET /constructor is not one of',
  );
  await expect(askDaemon('GET', '/broken', asking())).rejects.toThrow('index closed');
  await expect(askDaemon('GET', '/cycle', asking())).rejects.toBeInstanceOf(DaemonAnswerError);
  await askDaemon('GET', '/healthz', asking());
});

test('P9: control socket: is open to its owner only, and leaves no other file', async () => {
  const { path } = await serve();
  const { mode } = await stat(path);
  expect((mode & 0o777).toString(8)).toBe('600');
  await expect(stat(join(stateFolder, 'control.new'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('control socket: the error without a daemon says how to start one', async () => {
  const why = `not running (no daemon holds ${stateFolder}); start with longshore run`;
  await expect(askStatus(undefined, asking())).rejects.toThrow(why);
  const server = await serve();
  await server.close();
  await expect(askStatus(undefined, asking())).rejects.toBeInstanceOf(DaemonNotRunningError);
  await expect(stat(server.path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('P5: control socket: that of a killed daemon is replaced', async () => {
  const program = `require('net').createServer().listen(${JSON.stringify(join(stateFolder, 'control.sock'))}, () => console.log('up'))`;
  const dead = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(dead.stdout, 'data');
  dead.kill('SIGKILL');
  await once(dead, 'exit');
  await expect(askStatus(undefined, asking())).rejects.toBeInstanceOf(DaemonNotRunningError);
  await mkdir(join(stateFolder, 'control.new'));
  await writeFile(join(stateFolder, 'control.new', 'sock'), 'left by a crash in the making');

  await serve();
  expect((await askStatus(undefined, asking())).pid).toBe(4711);
});

test.runIf(process.platform === 'linux')(
  'control socket: works in a state folder that is too deep for a socket path',
  async () => {
    stateFolder = join(stateFolder, 'd'.repeat(100), 'é'.repeat(50));
    await mkdir(stateFolder, { recursive: true });
    const server = await serve();
    expect((await askStatus(undefined, asking())).pid).toBe(4711);
    await server.close();
    await expect(askStatus(undefined, asking())).rejects.toBeInstanceOf(DaemonNotRunningError);
  },
);

test('control socket: a state folder that cannot hold it is an error with its path', async () => {
  stateFolder = join(stateFolder, 'missing');
  await expect(serve()).rejects.toThrow(/missing/);
});

test('control socket: closes without waiting for a silent client, and finishes an answer under way', async () => {
  let finish = () => {};
  const asked = deferred();
  const server = await serve([
    route('/slow', async () => {
      asked.resolve();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { status: 200, body: 'done' };
    }),
  ]);
  const mute = connect(server.path);
  await once(mute, 'connect');
  const answer = askDaemon('GET', '/slow', asking());
  await asked.promise;
  const closing = server.close();
  finish();
  expect(await answer).toBe('done');
  await closing;
  mute.destroy();
});

test('control socket: a daemon that hangs and one that does not run give different errors', async () => {
  const frozen = createServer(() => {}).listen(join(stateFolder, 'control.sock'));
  await once(frozen, 'listening');
  cleanups.push(async () => frozen.close());
  const impatient = {
    ...systemClock,
    after: (_ms: number, run: () => void) => systemClock.after(20, run),
  };
  await expect(askDaemon('GET', '/status', { ...asking(), clock: impatient })).rejects.toThrow(
    /did not answer within 10 s/,
  );
});

test('control socket: a question rejects with the reason of its signal', async () => {
  const frozen = createServer(() => stop.abort(new Error('interrupted'))).listen(
    join(stateFolder, 'control.sock'),
  );
  await once(frozen, 'listening');
  cleanups.push(async () => frozen.close());
  const stop = new AbortController();
  await expect(askDaemon('GET', '/status', asking(stop.signal))).rejects.toThrow('interrupted');
  await expect(askDaemon('GET', '/status', asking(stop.signal))).rejects.toThrow('interrupted');
});

function route(path: string, answer: ApiRoute['answer']): ApiRoute {
  return { method: 'GET', path, needs: 'read', answer };
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}
