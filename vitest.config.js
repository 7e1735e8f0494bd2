import { defineConfig } from 'vitest/config';

// The tests run as compiled by tsc: worker threads and child processes then load the very files that are shipped.
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
