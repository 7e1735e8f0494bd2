import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig } from 'rolldown';

// The program as a few files instead of a thousand: Node starts it in less than half the time. Threads and child
// programs stay files of their own, beside it, under the names by which the code refers to them.
const programs = readdirSync('dist/src', { recursive: true })
  .filter((file) => /(^main|-worker|-program)\.js$/.test(file))
  .map((file) => [basename(file, '.js'), join('dist/src', file)]);

/** Nothing of the crash points is in the program that is shipped. Each is a line of its own, which stays as an empty one. */
const withoutFailpoints = {
  name: 'without-failpoints',
  transform: (code) => ({ code: code.replace(/^\s*failpoint\('.*'\);$/gm, ''), map: null }),
};

/** The bundled program in `dir`, with `plugins` at work on what goes in. */
export const bundle = (dir, plugins) =>
  defineConfig({
    input: Object.fromEntries(programs),
    platform: 'node',
    plugins,
    // These find files of their own beside themselves: a native library, a thread's code.
    external: ['lmdb', 'piscina'],
    treeshake: { moduleSideEffects: [{ test: /[\\/]failpoint\.js$/, sideEffects: false }] },
    output: {
      dir,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      sourcemap: true,
      cleanDir: true,
    },
  });

export default bundle('dist/bundle', [withoutFailpoints]);
