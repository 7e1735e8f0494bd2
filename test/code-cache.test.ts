import { type ExecFileException, execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openUserCacheFolder } from '../src/code-cache-folders.js';
import { temporaryFolder } from './world/folder.js';
import { isRoot, MAIN, UNPRIVILEGED } from './world/program.js';

const MODULE = new URL('../src/code-cache.js', import.meta.url).href;
const SMALL = 8 * 1024;

/** Node 22 and later have a cache of their own. */
const hasOwnCache = Number(process.versions.node.split('.')[0]) >= 22;

/** A program that is large enough to be cached, and prints a digit. */
const printing = (digit: number) =>
  `exports.print = () => process.stdout.write('${digit}');\n//${' '.repeat(SMALL)}`;

/** The checksum of a source text, as a cache file has it. */
const checksumOf = (text: string) =>
  crc32(`(function (exports, require, module, __filename, __dirname) { ${text}\n});`);

function openProgram(digit: number) {
  const folder = temporaryFolder('code-cache');
  const program = join(folder, 'program');
  const caches = join(folder, 'caches');
  const cache = join(caches, 'longshore');
  mkdirSync(program);
  mkdirSync(caches);
  const write = (other: number) => writeFileSync(join(program, 'program.js'), printing(other));
  write(digit);
  writeFileSync(
    join(program, 'main.mjs'),
    `import { createRequire } from 'node:module';
    import { useCodeCache } from ${JSON.stringify(MODULE)};
    const save = useCodeCache(${JSON.stringify(program)});
    createRequire(import.meta.url)('./program.js').print();
    save();`,
  );
  const env = { XDG_CACHE_HOME: caches, HOME: folder };
  const main = join(program, 'main.mjs');
  return {
    folder,
    program,
    caches,
    cache,
    write,
    /** What the program prints. */
    run: (other: Readonly<Record<string, string>> = {}) =>
      execFileSync(process.execPath, [main], {
        env: { ...env, ...other },
        encoding: 'utf8',
        timeout: 30_000,
      }),
    start: () =>
      new Promise<ExecFileException | string>((resolve) => {
        execFile(process.execPath, [main], { env }, (error, stdout) => resolve(error ?? stdout));
      }),
    files: () => (existsSync(cache) ? readdirSync(cache) : []),
  };
}

/** Lets the cache file of a program that prints 2 pass for that of one that prints 1: a start that uses it prints 2. */
function forge(cache: string): void {
  const [name = ''] = readdirSync(cache);
  const content = readFileSync(join(cache, name));
  content.writeUInt32LE(checksumOf(printing(1)), 0);
  writeFileSync(join(cache, name), content);
}

/** A program that prints 1, with a cache that prints 2. */
function openForged(): ReturnType<typeof openProgram> {
  const opened = openProgram(2);
  expect(opened.run()).toBe('2');
  opened.write(1);
  forge(opened.cache);
  return opened;
}

test('the bundle calls no import(), which code from the cache cannot do in Node 20', () => {
  const bundle = fileURLToPath(new URL('.', pathToFileURL(MAIN)));
  const files = readdirSync(bundle).filter((name) => name.endsWith('.js'));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files)
    expect(readFileSync(join(bundle, file), 'utf8'), file).not.toMatch(/[^.\w"'`]import\(/);
});

describe.skipIf(hasOwnCache)('code cache', () => {
  test('is written at the end of the first start, in a folder of the user alone, and read by the next', () => {
    const { run, files, cache } = openForged();
    expect(files()).toHaveLength(1);
    const before = readFileSync(join(cache, files()[0] ?? ''));
    expect(run()).toBe('2');
    expect(readFileSync(join(cache, files()[0] ?? ''))).toEqual(before);
  });

  test('is not used for another source text of the same length, and is replaced', () => {
    const { run, write, files } = openProgram(1);
    expect(run()).toBe('1');
    write(3);
    expect(run()).toBe('3');
    expect(files()).toHaveLength(1);
    expect(run()).toBe('3');
  });

  test.each([
    ['a byte of the code is another', (content: Buffer) => content.fill(0xff, 500, 501)],
    ['it was cut short', (content: Buffer) => content.subarray(0, content.length - 100)],
    ['it is empty', () => Buffer.alloc(0)],
    ['it has a header alone', (content: Buffer) => content.subarray(0, 8)],
  ])('is not used when %s, and is replaced', (_, damage) => {
    const { run, cache, files } = openProgram(1);
    run();
    const path = join(cache, files()[0] ?? '');
    const whole = readFileSync(path);
    writeFileSync(path, damage(Buffer.from(whole)));
    expect(run()).toBe('1');
    expect(readFileSync(path).length).toBe(whole.length);
  });

  test('is neither read nor written where every user can write', () => {
    const { run, cache, files } = openForged();
    chmodSync(cache, 0o777);
    expect(run()).toBe('1');
    forgeIsUnchanged(cache, files());
  });

  test('is neither read nor written below a folder in which every user can write', () => {
    const { run, caches, cache, files } = openForged();
    chmodSync(caches, 0o777);
    expect(run()).toBe('1');
    forgeIsUnchanged(cache, files());
  });

  test.runIf(isRoot)(
    'is neither read nor written where another user owns a folder of the path',
    () => {
      const { run, caches, cache, files } = openForged();
      chownSync(caches, UNPRIVILEGED, UNPRIVILEGED);
      expect(run()).toBe('1');
      forgeIsUnchanged(cache, files());
    },
  );

  test('is where a symbolic link leads, so that the link cannot be pointed elsewhere after the check', () => {
    const { caches, folder } = openProgram(1);
    symlinkSync(caches, join(folder, 'link'));
    const opened = openUserCacheFolder({ XDG_CACHE_HOME: join(folder, 'link') });
    expect(opened?.path).toBe(join(realpathSync(caches), 'longshore'));
    const missing = openUserCacheFolder({ XDG_CACHE_HOME: join(folder, 'link', 'deeper') });
    expect(missing?.path).toBe(join(realpathSync(caches), 'deeper', 'longshore'));
  });

  test('is neither read nor written behind a symbolic link to a folder of every user', () => {
    const { run, folder, caches } = openForged();
    chmodSync(caches, 0o777);
    symlinkSync(caches, join(folder, 'link'));
    expect(run({ XDG_CACHE_HOME: join(folder, 'link') })).toBe('1');
  });

  test('is not made in a folder in which every user can make one, not even a sticky one', () => {
    const { run, caches, files } = openProgram(1);
    chmodSync(caches, 0o1777);
    expect(run()).toBe('1');
    expect(files()).toEqual([]);
  });

  test.each([
    ['cannot be made', '/proc'],
    ['is named by a relative path', 'caches'],
  ])('is missing where its folder %s', (_, caches) => {
    const { run } = openProgram(1);
    expect(run({ XDG_CACHE_HOME: caches, HOME: '' })).toBe('1');
    expect(existsSync('caches')).toBe(false);
  });

  test('is in .cache of the home folder when XDG_CACHE_HOME names none', () => {
    const { run, folder } = openProgram(1);
    run({ XDG_CACHE_HOME: '' });
    expect(readdirSync(join(folder, '.cache', 'longshore'))).toHaveLength(1);
  });

  test('of the build, beside the program, comes first', () => {
    const { run, program, cache, files } = openForged();
    mkdirSync(join(program, 'code-cache'));
    const [name = ''] = files();
    writeFileSync(join(program, 'code-cache', name), readFileSync(join(cache, name)));
    expect(run({ XDG_CACHE_HOME: '/proc' })).toBe('2');
  });

  test('is whole after starts at the same time, and nothing else is left in its folder', async () => {
    const { run, start, files } = openProgram(1);
    expect(await Promise.all([start(), start(), start(), start()])).toEqual(['1', '1', '1', '1']);
    expect(files()).toHaveLength(1);
    expect(run()).toBe('1');
  });

  test('files older than 30 days are removed when one is written', () => {
    const { run, write, cache, files } = openProgram(1);
    run();
    writeFileSync(join(cache, 'old'), '');
    writeFileSync(join(cache, 'young'), '');
    utimesSync(join(cache, 'old'), 1e9, 1e9);
    write(3);
    run();
    expect(files()).toContain('young');
    expect(files()).not.toContain('old');
  });
});

function forgeIsUnchanged(cache: string, [name = '']: readonly string[]): void {
  expect(readFileSync(join(cache, name)).readUInt32LE(0)).toBe(checksumOf(printing(1)));
  expect(readdirSync(cache)).toHaveLength(1);
}
