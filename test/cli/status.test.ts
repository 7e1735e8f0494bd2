import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import { statusRoutes } from '../../src/status/routes.js';
import { type ControlServer, openControlServer } from '../../src/status/server.js';
import { daemonStatus, mirrorStatus } from '../status/statuses.js';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
let server: ControlServer;
beforeEach(async () => {
  console = openConsole();
  writeConfig(console.folder);
  const stateFolder = join(console.folder, '.longshore');
  mkdirSync(stateFolder);
  const mirrors = ['documents', 'photos'].map((mirror) => mirrorStatus({ mirror }));
  const routes = statusRoutes(() => {
    return daemonStatus({ version: '9.9.9', pid: 7, mirrors });
  });
  server = await openControlServer({ stateFolder, routes, clock: systemClock, log: silentLogger });
});
afterEach(async () => {
  await server.close();
  console.remove();
});

describe('longshore status', () => {
  it('shows what the running daemon answers', async () => {
    expect(await console.run(['status'])).toBe(0);
    expect(console.stdout.text()).toMatch(
      /longshore 9\.9\.9, pid 7[\s\S]*documents +in-sync[\s\S]*photos +in-sync/,
    );
    expect(console.listens()).toBe(false);
  });

  it('prints JSON, of one mirror when asked', async () => {
    expect(await console.run(['status', 'photos', '--json'])).toBe(0);
    expect(JSON.parse(console.stdout.text())).toMatchObject({
      pid: 7,
      mirrors: [{ mirror: 'photos' }],
    });
  });

  it('--watch asks again until a signal ends it, which is no failure', async () => {
    const running = console.run(['status', '--watch', '--json']);
    await expect
      .poll(() => console.stdout.text().trim().split('\n').length, { timeout: 20_000 })
      .toBeGreaterThan(1);
    console.signal('SIGINT');
    expect(await running).toBe(0);
  });
});
