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

/**
 * LMDB's JavaScript goes in: every thread loads it again, and as twenty-five files it took longer than the thread's own
 * start. Its native library stays with its package, and is looked for there.
 */
const lmdbWithoutItsLibrary = {
  name: 'lmdb-without-its-library',
  transform: {
    filter: { id: /node_modules\/lmdb\/(native|node-index)\.js$/ },
    handler: (code) => ({
      code: code.replaceAll('import.meta.url', "import.meta.resolve('lmdb')"),
      map: null,
    }),
  },
};

/** The bundled program in `dir`, with `plugins` at work on what goes in. */
export const bundle = (dir, plugins) =>
  defineConfig({
    input: Object.fromEntries(programs),
    platform: 'node',
    plugins: [lmdbWithoutItsLibrary, ...plugins],
    // It finds a thread's code beside itself.
    external: ['piscina'],
    // LMDB brings an encoding of its own for values, which nothing here uses; this is it without its native library.
    resolve: { alias: { msgpackr: 'msgpackr/pack' } },
    // Else what winston says to its developers comes along, in colours.
    transform: { define: { 'process.env.NODE_ENV': "'production'" } },
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
