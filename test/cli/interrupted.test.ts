import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import type { ApiRoute } from '../../src/status/api.js';
import { type ControlServer, openControlServer } from '../../src/status/server.js';
import { type Console, openConsole, writeConfig } from './console.js';

let console: Console;
let server: ControlServer;
let asked: () => void;
let isAsked: Promise<void>;
beforeEach(async () => {
  isAsked = new Promise((resolve) => {
    asked = resolve;
  });
  const hangs = (path: string): ApiRoute => ({
    method: 'GET',
    path,
    needs: 'read',
    answer() {
      asked();
      return new Promise(() => {});
    },
  });
  console = openConsole();
  writeConfig(console.folder);
  const stateFolder = join(console.folder, '.longshore');
  mkdirSync(stateFolder);
  const routes = [hangs('/status'), hangs('/held')];
  server = await openControlServer({ stateFolder, routes, clock: systemClock, log: silentLogger });
});
afterEach(async () => {
  await server.close();
  console.remove();
});

it.each([
  ['status', 'SIGINT', 130],
  ['status --watch', 'SIGTERM', 143],
  ['held', 'SIGINT', 130],
  ['approve documents some-id', 'SIGINT', 130],
  ['reject documents --undo', 'SIGTERM', 143],
] as const)(
  '%s that gets no answer ends by a signal with its exit code',
  async (command, signal, code) => {
    const running = console.run(command.split(' '));
    await isAsked;
    console.signal(signal);
    expect(await running).toBe(code);
    expect(console.stderr.text()).toBe('');
    expect(console.listens()).toBe(false);
  },
);
