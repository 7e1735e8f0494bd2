import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig } from 'rolldown';

// The program as a few files instead of a thousand: Node starts it in less than half the time. Threads and child
// programs stay files of their own, beside it, under the names by which the code refers to them.
const programs = readdirSync('dist/src', { recursive: true })
  .filter((file) => /(^main|-worker|-program)\.js$/.test(file))
  .map((file) => [basename(file, '.js'), join('dist/src', file)]);

export default defineConfig({
  input: Object.fromEntries(programs),
  platform: 'node',
  // These find files of their own beside themselves: a native library, a thread's code.
  external: ['lmdb', 'piscina'],
  output: {
    dir: 'dist/bundle',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    cleanDir: true,
  },
});
