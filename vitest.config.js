import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Tests run as tsc compiled them, so that worker threads and child processes load the very files that are shipped.
const compiled = 'dist/test';
const overServers = [`${compiled}/servers/**/*.test.js`];

// The built program as a child process, systemd, mounts, real file systems under load: what takes more than a few seconds.
const onTheSystem = ['calls', 'consumer', 'docs', 'e2e', 'faults', 'systemd']
  .map((folder) => `${compiled}/${folder}/**/*.test.js`)
  .concat(`${compiled}/**/*.slow.test.js`);

// The compiler leaves the output of a test behind whose source was renamed or removed.
const leftBehind = (existsSync(compiled) ? readdirSync(compiled, { recursive: true }) : [])
  .filter(
    (name) => name.endsWith('.test.js') && !existsSync(`test/${name.slice(0, -'.js'.length)}.ts`),
  )
  .map((name) => `${compiled}/${name}`);

// Many tests wait for processes and threads: on a busy machine a late answer is no failure, a missing one is.
const patience = {
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 30_000 } },
};

const project = (name, include, exclude, settings = {}) => ({
  test: { name, include, exclude: [...exclude, ...leftBehind], ...patience, ...settings },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // One module registry per worker: loading the modules again for each file took half of the time.
      project('unit', [`${compiled}/**/*.test.js`], [...overServers, ...onTheSystem], {
        isolate: false,
      }),
      project('system', onTheSystem, overServers),
      // Over the servers that the environment names: test/servers/environment.ts.
      project('servers', overServers, [], { testTimeout: 300_000 }),
    ],
  },
});
