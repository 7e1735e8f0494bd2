import Module, { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { bundledCacheFolder, openUserCacheFolder, readIfAny } from './code-cache-folders.js';

/*
 * V8 can keep the code that it made of a source text, and take that at the next start instead of the text. It checks its
 * own version and flags and the length of the text, and trusts the rest: so a file of this cache begins with
 * checksums of the text and of the code. One that does not fit is not used, and is replaced.
 */

/** A source file of the program that was compiled without the cache. */
interface Compiled {
  readonly script: Script;
  readonly cacheFile: string;
  readonly checksum: number;
}

type Wrapper = (...variables: readonly unknown[]) => unknown;
type Compile = (this: { exports: unknown }, text: string, file: string, format?: string) => unknown;

/** Characters of a source text below which it is compiled faster than its code is read. */
const SMALL = 8 * 1024;
const CHECKSUM_BYTES = 4;
const HEADER_BYTES = 2 * CHECKSUM_BYTES;

/**
 * From now on what this thread requires of the folder `program` comes from the code cache: that of the build, in the same
 * folder, or that of the user. Node 22 and later have a cache of their own, which is then used. What it returns writes to
 * the user's cache what was missing in it; it is for the end, when V8 has compiled what this start needed.
 *
 * Code that comes from the cache cannot call `import()` in Node 20: the bundle requires what it loads late.
 */
export function useCodeCache(program: string): () => void {
  const { enableCompileCache } = Module as {
    readonly enableCompileCache?: (folder: string) => unknown;
  };
  if (enableCompileCache !== undefined) {
    const folder = openUserCacheFolder();
    // Node would make it readable for all, and try without end where no folder can be made, as in /proc.
    if (folder?.make()) enableCompileCache(folder.path);
    return () => {};
  }
  const missing: Compiled[] = [];
  const prototype = Module.prototype as unknown as { _compile: Compile };
  const compile = prototype._compile;
  prototype._compile = function (text, file, format) {
    if (text.length < SMALL || dirname(file) !== program)
      return compile.call(this, text, file, format);
    const run = compileCached(text, file, missing);
    return run.call(this.exports, this.exports, createRequire(file), this, file, program);
  };
  return () => save(missing);
}

/** The function around the source text that `require` calls, as Node makes it of a CommonJS module. */
function compileCached(text: string, file: string, missing: Compiled[]): Wrapper {
  const source = Module.wrap(text);
  const checksum = crc32(source);
  const cacheFile = `${basename(file)}.${process.version}-${process.arch}`;
  // The user's folder is looked at only for what the build has not kept: that takes a dozen calls to the system.
  const folders = [() => bundledCacheFolder(dirname(file)), () => openUserCacheFolder()?.path];
  for (const folderOf of folders) {
    const folder = folderOf();
    const cachedData = folder && codeIn(readIfAny(folder, cacheFile), checksum);
    if (!cachedData) continue;
    const script = new Script(source, { filename: file, cachedData });
    if (!script.cachedDataRejected) return script.runInThisContext() as Wrapper;
  }
  const script = new Script(source, { filename: file });
  missing.push({ script, cacheFile, checksum });
  return script.runInThisContext() as Wrapper;
}

/** The code in a cache file, if it is whole and made of the text with this checksum. */
function codeIn(content: Buffer | undefined, checksum: number): Buffer | undefined {
  if (content === undefined || content.length <= HEADER_BYTES) return undefined;
  const code = content.subarray(HEADER_BYTES);
  const fits =
    content.readUInt32LE(0) === checksum && content.readUInt32LE(CHECKSUM_BYTES) === crc32(code);
  return fits ? code : undefined;
}

function save(missing: readonly Compiled[]): void {
  const folder = missing.length > 0 ? openUserCacheFolder() : undefined;
  for (const one of missing) folder?.write(one.cacheFile, () => contentOf(one));
}

function contentOf({ script, checksum }: Compiled): Buffer {
  const code = script.createCachedData();
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(checksum, 0);
  header.writeUInt32LE(crc32(code), CHECKSUM_BYTES);
  return Buffer.concat([header, code]);
}
