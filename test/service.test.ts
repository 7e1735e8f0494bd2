import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { systemClock } from '../src/clock.js';
import { createLogger, silentLogger } from '../src/log.js';
import { createService, type ServiceOptions } from '../src/service.js';
import { askStatus, DaemonNotRunningError } from '../src/status/client.js';
import { statusRoutes } from '../src/status/routes.js';
import { systemWorld } from '../src/system-world.js';
import type { World } from '../src/world.js';
import { daemonStatus } from './status/statuses.js';
import { temporaryFolder } from './world/folder.js';

let stateFolder: string;
beforeEach(() => {
  stateFolder = temporaryFolder('service');
});

const SILENT = { notify: [], heartbeat: undefined, mirrors: [] };

const options = (different: Partial<ServiceOptions> = {}): ServiceOptions => ({
  config: { stateFolder, drainMs: 30_000, statusPage: undefined, metrics: undefined, ...SILENT },
  status: () => daemonStatus(),
  routes: statusRoutes(() => daemonStatus()),
  drain: new AbortController().signal,
  ...different,
});

const world = (different: Partial<World> = {}): World => ({
  ...systemWorld({ clock: systemClock, env: {}, log: silentLogger }),
  ...different,
});

const asking = () => ({ stateFolder, clock: systemClock, signal: new AbortController().signal });

test('a daemon can be asked from the opening of its service to the closing', async () => {
  const service = await createService(world()).open(options());
  await service.ready();
  expect(await askStatus(undefined, asking())).toEqual(daemonStatus());
  await service.close();
  await expect(askStatus(undefined, asking())).rejects.toBeInstanceOf(DaemonNotRunningError);
});

test('systemd hears ready with the status, and at the drain how long the end may take', async () => {
  const program = join(stateFolder, 'systemd-notify');
  await writeFile(program, '#!/bin/sh\nprintf "%s\\n" "$*" >>"$0.sent"\n', { mode: 0o755 });
  const stop = new AbortController();
  const env = { NOTIFY_SOCKET: '/nowhere/notify', PATH: stateFolder };
  const service = await createService(world({ env })).open(options({ drain: stop.signal }));
  await service.ready();
  stop.abort();
  const sent = () => readFile(`${program}.sent`, 'utf8');
  await expect
    .poll(sent)
    .toBe('READY=1 STATUS=1 mirror: 1 in-sync\nSTOPPING=1 EXTEND_TIMEOUT_USEC=60000000\n');
  await service.close();
});

test('P8: a state folder that cannot hold a socket is logged and does not stop the mirroring', async () => {
  const stream = new PassThrough();
  const log = createLogger({ level: 'info', format: 'text', stream, clock: systemClock });
  const service = await createService(world({ log })).open(
    options({
      config: {
        stateFolder: '/proc/self',
        drainMs: 0,
        statusPage: undefined,
        metrics: undefined,
        ...SILENT,
      },
    }),
  );
  await service.ready();
  await service.close();
  await log.close();
  stream.end();
  expect(await text(stream)).toMatch(
    /error no control socket: longshore status cannot reach this daemon error=.*\/proc\/self\/control/,
  );
});
