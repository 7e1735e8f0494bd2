import { defineConfig } from 'vitest/config';

// The tests run as compiled by tsc: worker threads and child processes then load the very files that are shipped.
const compiled = 'dist/test/**/*.test.js';
const overServers = 'dist/test/servers/**/*.test.js';
// Most tests wait for other processes and for threads. What comes late on a busy machine is no failure; what does not come is.
const patience = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { name: 'own', include: [compiled], exclude: [overServers], ...patience } },
      // Over the servers that the environment names: test/servers/environment.ts.
      { test: { name: 'servers', include: [overServers], ...patience, testTimeout: 180_000 } },
    ],
  },
});
