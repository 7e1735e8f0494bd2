import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { defineConfig } from 'rolldown';
import { parseSync, Visitor } from 'rolldown/utils';

// The program as a few files instead of a thousand: Node starts it in less than half the time. Threads and child
// programs stay files of their own, beside it, under the names by which the code refers to them. CommonJS, as V8's code
// cache (src/code-cache.ts) is for scripts.
const MAIN = resolve('dist/src/main.js');
const OTHERS = readdirSync('dist/src', { recursive: true })
  .filter((file) => /-worker\.js$|[\\/]check-program\.js$/.test(file))
  .sort() // a folder has no order, and that of the modules would follow it
  .map((file) => [basename(file, '.js'), join('dist/src', file)]);

const CACHED = 'with-code-cache:';
/** Stands for a file of this folder, whose own path would be in what is built. */
const HERE = 'here:';

/** Each thread and child program begins with the code cache, and is itself among what comes from there. */
const withCodeCache = {
  name: 'with-code-cache',
  resolveId(source) {
    if (source.startsWith(HERE)) return resolve(source.slice(HERE.length));
    return source.startsWith(CACHED) ? source : null;
  },
  load: (id) =>
    id.startsWith(CACHED)
      ? `import { useCodeCache } from '${HERE}dist/src/code-cache.js';
         process.on('exit', useCodeCache(__dirname));
         export default import('${HERE}${id.slice(CACHED.length)}').then((program) => program.default);`
      : null,
};

/** The package is one of ES modules. Of a text that is all ASCII, V8 keeps half as many bytes. */
const commonJs = {
  name: 'common-js',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      if (chunk.code.includes('String.raw')) throw new Error('escapes mean nothing in String.raw');
      chunk.code = withSharedClasses(chunk.code).replace(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
    this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
  },
};

/**
 * V8 of Node 20 gives each object of a literal such as `{ ...a, b }` a hidden class of its own: such an object takes ten times as
 * long to make, and slows down what reads it. It does not if the literal begins with a spread of nothing, which the bundling
 * would drop.
 */
function withSharedClasses(code) {
  const starts = [];
  const { program, errors } = parseSync('chunk.cjs', code);
  if (errors.length > 0) throw new Error(errors[0].message);
  new Visitor({
    ObjectExpression({ start, properties: [first, second] }) {
      if (first?.type === 'SpreadElement' && second !== undefined) starts.push(start + 1);
    },
  }).visit(program);
  const cuts = [0, ...starts.sort((a, b) => a - b)];
  return cuts.map((start, at) => code.slice(start, cuts[at + 1])).join('...null,');
}

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
    filter: { id: /node_modules\/lmdb\/native\.js$/ },
    handler: (code) => ({
      code: code.replace('fileURLToPath(import.meta.url)', "require.resolve('lmdb')"),
      map: null,
    }),
  },
};

/**
 * Modules that are loaded together are one file: to find, read and compile sixty of them took longer than what they did. Each
 * group takes what its modules import, unless a group before it has that.
 */
const TOGETHER = [
  // Before the code cache is in use.
  { name: 'package-files', test: /[\\/]package-files\.js$/ },
  { name: 'code-cache', test: /[\\/]code-cache\.js$/ },
  // For every command; for those that read the configuration; for those that mirror, and before them what providers that speak
  // HTTP need as well: else these would load all of it.
  { name: 'start', test: /[\\/]cli[\\/]start\.js$/ },
  { name: 'config', test: /[\\/]cli[\\/]open-config\.js$/ },
  { name: 'drivers', test: /[\\/]drivers[\\/][^\\/]+\.js$/ },
  { name: 'http-client', test: /[\\/]drivers[\\/]http[\\/]http-client\.js$/ },
  { name: 'http', test: /[\\/]drivers[\\/]http[\\/]/ },
  { name: 'mirror', test: /[\\/]src[\\/](?:cli[\\/])?once\.js$/ },
];

const bundleOf = (dir, plugins, [name, program], cleanDir) =>
  defineConfig({
    input: { [name]: program },
    platform: 'node',
    plugins: [withCodeCache, commonJs, lmdbWithoutItsLibrary, ...plugins],
    // One finds a thread's code beside itself; the others are optional, and few need them.
    external: ['piscina', 'bullmq', 'ioredis'],
    // LMDB brings an encoding of its own for values, which nothing here uses; this is it without its native library.
    resolve: { alias: { msgpackr: 'msgpackr/pack' } },
    // Else what winston says to its developers comes along, in colours.
    transform: { define: { 'process.env.NODE_ENV': "'production'" } },
    treeshake: { moduleSideEffects: [{ test: /[\\/]failpoint\.js$/, sideEffects: false }] },
    output: {
      dir,
      format: 'cjs',
      // What is loaded late too: V8 has no import() for code from its cache.
      dynamicImportInCjs: false,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups: TOGETHER },
      comments: { legal: true, annotation: false, jsdoc: false },
      sourcemap: true,
      cleanDir,
    },
  });

/** The bundled program in `dir`, with `plugins` at work on what goes in. No two programs share a file but the code cache. */
export const bundle = (dir, plugins) => [
  bundleOf(dir, plugins, ['main', MAIN], true),
  ...OTHERS.map(([name, file]) => bundleOf(dir, plugins, [name, `${CACHED}${file}`], false)),
];

const STYLE = 'src/page/style';
/** In the order in which rules override each other. */
const STYLES = [
  ...['base', 'controls', 'frame', 'search', 'overview', 'tables', 'targets', 'mirror', 'plots'],
  ...['transfers', 'service', 'dialogs', 'held', 'drawers', 'narrow', 'phone', 'phone-mirror'],
  ...['preferences'],
];

/** The style of the status page as one file, without comments and what only people need between the words. */
const style = {
  name: 'style',
  generateBundle() {
    const text = STYLES.map((name) => readFileSync(`${STYLE}/${name}.css`, 'utf8')).join('');
    const source = text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};,]) ?/g, '$1')
      .replaceAll(';}', '}');
    this.emitFile({ type: 'asset', fileName: 'page.css', source });
  },
};

/** A script of the status page, for browsers. There is no source map: nothing but the table of assets is served. */
const script = (name, file, plugins) =>
  defineConfig({
    input: { [name]: resolve(`dist/src/page/browser/${file}.js`) },
    platform: 'browser',
    plugins,
    transform: { define: { 'process.env.NODE_ENV': "'production'" } },
    output: { dir: 'dist/bundle/page', format: 'iife', entryFileNames: '[name].js', minify: true },
  });

export default [
  ...bundle('dist/bundle', [withoutFailpoints]),
  script('page', 'main', [style]),
  script('theme', 'theme', []),
];
