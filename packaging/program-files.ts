import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { RegularFile } from './installed-file.js';
import { foldersWithDependencies } from './package-closure.js';
import type { Release } from './release.js';

/*
 * What a machine needs to run the program, and nothing else: the bundle, the files that it reads beside itself, and of the
 * packages from npm the few that are not in the bundle.
 */

/** Of each package that the bundle leaves outside: which of its files are needed to run. */
const OUTSIDE: Readonly<Record<string, (path: string) => boolean>> = {
  // Its JavaScript is in the bundle, which looks for its native library from where the package's entry is.
  lmdb: (path) => path === 'dist/index.cjs',
  piscina: (path) => /^dist\/.*\.js$/.test(path),
  '@napi-rs/xattr': (path) => path === 'index.js',
  '@node-rs/crc32': (path) => path === 'index.js',
};

/** Optional packages for a queue (src/scale), which go along with all that they depend on. */
const FOR_A_QUEUE = ['bullmq', 'ioredis'];

/** Of those the CommonJS, which the bundle loads. */
const isCommonJs = (path: string) =>
  /\.(?:js|cjs|json)$/.test(path) &&
  !/(?:^|\/)(?:esm|es6|amd|global|cjs-browser|node_modules)\//.test(path);

/** The native library for this machine's kind: only those for the C library of Debian. */
const isForGlibc = (path: string) => path === 'index.js' || /\.glibc\.node$/.test(path);

/** For `metadata: [xattr, acl]` (src/extended-attributes.ts) and for CRC-32C (src/drivers/crc32c.ts), for the C library of Debian. */
const OF_NODE_API = ['@napi-rs/xattr', '@node-rs/crc32'];
const isLibrary = (path: string) => path.endsWith('.node');

/** By which entries reach the journal with their fields (src/unix-datagram.ts); the other library is for musl. */
const isDatagramLibrary = (path: string) =>
  path === 'index.js' || path === `linux_${process.arch}/koffi.node`;

const READ = 0o644;
const RUN = 0o755;

/** Below one folder, such as `usr/lib/longshore`. @throws Error when the bundle needs a package that is not foreseen here */
export async function programFiles(release: Release): Promise<readonly RegularFile[]> {
  const { checkout } = release;
  const bundled = (
    await readdir(join(checkout, 'dist/bundle'), { recursive: true, withFileTypes: true })
  )
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(checkout.length + 1))
    // The code cache fits one build of Node, and is not the same twice; the daemon keeps its own.
    .filter((path) => !path.startsWith('dist/bundle/code-cache/') && !path.endsWith('.map'))
    .sort();
  const files: RegularFile[] = [
    { path: 'package.json', mode: READ, content: manifest(release) },
    ...(await filesAt(checkout, ['config.example.yaml', 'config.schema.json'])),
    ...(await filesAt(checkout, bundled)),
  ];
  await refuseUnknownPackages(files);
  for (const [name, isNeeded] of Object.entries(OUTSIDE))
    files.push(...(await packageFiles(checkout, name, isNeeded)));
  for (const folder of await foldersWithDependencies(checkout, FOR_A_QUEUE))
    files.push(...(await filesOfPackage(checkout, folder, isCommonJs)));
  files.push(...(await packageFiles(checkout, `@lmdb/lmdb-linux-${process.arch}`, isForGlibc)));
  files.push(
    ...(await packageFiles(checkout, `@koromix/koffi-linux-${process.arch}`, isDatagramLibrary)),
  );
  for (const name of OF_NODE_API)
    files.push(...(await packageFiles(checkout, `${name}-linux-${process.arch}-gnu`, isLibrary)));
  return files.map((file) =>
    file.path === 'dist/bundle/main.js' ? forThisSystemsNode(file) : file,
  );
}

/** Which program runs it is the package's to say, not the PATH's of its caller. */
function forThisSystemsNode(file: RegularFile): RegularFile {
  const text = String(file.content);
  if (!text.startsWith('#!/usr/bin/env node\n'))
    throw new Error('dist/bundle/main.js does not begin as a program');
  return { ...file, mode: RUN, content: text.replace('/usr/bin/env node', '/usr/bin/node') };
}

/** What the program reads of its package.json. */
function manifest({ version }: Release): string {
  return `${JSON.stringify({ name: 'longshore', version, type: 'module', private: true }, null, 2)}\n`;
}

async function filesAt(checkout: string, paths: readonly string[]): Promise<RegularFile[]> {
  return Promise.all(
    paths.map(async (path) => ({
      path,
      mode: READ,
      content: await readFile(join(checkout, path)),
    })),
  );
}

function packageFiles(
  checkout: string,
  name: string,
  isNeeded: (path: string) => boolean,
): Promise<RegularFile[]> {
  return filesOfPackage(checkout, `node_modules/${name}`, isNeeded);
}

async function filesOfPackage(
  checkout: string,
  folder: string,
  isNeeded: (path: string) => boolean,
): Promise<RegularFile[]> {
  const entries = await readdir(join(checkout, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) =>
      join(parentPath, file).slice(checkout.length + folder.length + 2),
    )
    .filter((path) => path === 'package.json' || isNeeded(path))
    .sort();
  if (paths.length < 2) throw new Error(`${folder} does not have the files that are needed of it`);
  return filesAt(
    checkout,
    paths.map((path) => `${folder}/${path}`),
  );
}

/** Each `require` of the bundle leads to Node, to the bundle itself, or to a package that goes along. */
async function refuseUnknownPackages(files: readonly RegularFile[]): Promise<void> {
  const scripts = files.filter(
    ({ path }) => path.startsWith('dist/bundle/') && path.endsWith('.js'),
  );
  for (const { path, content } of scripts) {
    for (const [, name = ''] of String(content).matchAll(/\brequire\("([^"./][^"]*)"\)/g)) {
      // Newer versions of Node have modules that the one of this build does not know.
      if (name.startsWith('node:') || isBuiltin(name)) continue;
      if (Object.hasOwn(OUTSIDE, name) || FOR_A_QUEUE.includes(name)) continue;
      throw new Error(
        `${path} needs the package ${name}, which packaging/program-files.ts does not know`,
      );
    }
  }
}
