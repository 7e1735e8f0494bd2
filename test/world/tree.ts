import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes files with the folders above them. The content of a file is by default its path. */
export function writeFiles(
  root: string,
  files: readonly string[] | Readonly<Record<string, string>>,
): void {
  const contents = Array.isArray(files)
    ? Object.fromEntries(files.map((path) => [path, path]))
    : files;
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), String(content));
  }
}

/** Returns the path of each regular file below a folder, in the order of their bytes. */
export function filesBelow(root: string, folder = ''): string[] {
  const below = readdirSync(join(root, folder)).flatMap((name) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    const stat = lstatSync(join(root, path));
    if (stat.isDirectory()) return filesBelow(root, path);
    return stat.isFile() ? [path] : [];
  });
  return below.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/**
 * Returns the MD5 of each regular file below a folder, and the target of each link, by path. A path is its bytes as
 * latin1 text, so that any name is kept. Skips `.longshore`, where longshore keeps its own objects in a container.
 */
export function digestsBelow(root: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const visit = (below: string): void => {
    const folder = Buffer.concat([
      Buffer.from(root),
      Buffer.from('/'),
      Buffer.from(below, 'latin1'),
    ]);
    for (const name of readdirSync(folder, { encoding: 'buffer' })) {
      const path = below + name.toString('latin1');
      if (path === '.longshore') continue;
      const absolute = Buffer.concat([
        Buffer.from(root),
        Buffer.from('/'),
        Buffer.from(path, 'latin1'),
      ]);
      const stat = lstatSync(absolute);
      if (stat.isDirectory()) visit(`${path}/`);
      else if (stat.isFile())
        files.set(path, createHash('md5').update(readFileSync(absolute)).digest('hex'));
      else if (stat.isSymbolicLink()) files.set(path, `-> ${readlinkSync(absolute)}`);
    }
  };
  visit('');
  return files;
}

/** Returns the mode, and the time to the microsecond, of each file and link below a folder, by path. */
export function attributesBelow(root: string): Readonly<Record<string, string>> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths.flatMap((path) => {
      const stat = lstatSync(join(root, path), { bigint: true });
      if (stat.isDirectory()) return [];
      const mode = stat.isSymbolicLink() ? 'link' : stat.mode.toString(8);
      return [[path, `${mode} ${stat.mtimeNs / 1000n}`]];
    }),
  );
}

/** Returns what differs between two trees, one line per path for a failure message. Empty: the trees are equal. */
export function differences(
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): string[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names]
    .filter((name) => left.get(name) !== right.get(name))
    .map((name) => `${name}: ${left.get(name) ?? 'absent'} | ${right.get(name) ?? 'absent'}`);
}

/** Flips one bit of the byte at an offset. */
export function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(file, bytes, { flag: 'r+' });
}

/** Returns a generator of numbers in [0, 1) that repeats itself for the same seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Names that programs stumble over. */
export const ODD_NAMES: readonly string[] = [
  'a',
  'b.txt',
  'c d',
  '-e',
  'ü',
  'u\u0308',
  '😀',
  'x%20y',
  '#h',
  "q'uote",
  'line\nbreak',
  'deep',
];

/**
 * Makes one random change below `root`, such as people and programs make: write, append, truncate, rename, remove,
 * change of kind, touch. Links lead to `outside`, a folder of the test, because later changes go through them.
 */
export function changeAtRandom(
  root: string,
  outside: string,
  random: () => number,
  names: readonly string[] = ODD_NAMES,
): void {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const somePath = (): string =>
    join(root, ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(names)));
  const path = somePath();
  try {
    switch (Math.floor(random() * 10)) {
      case 0:
        rmSync(path, { recursive: true, force: true });
        break;
      case 1: {
        const to = somePath();
        mkdirSync(dirname(to), { recursive: true });
        if (existsSync(path) && !existsSync(to)) renameSync(path, to);
        break;
      }
      case 2:
        if (existsSync(path) && statSync(path).isFile()) appendFileSync(path, String(random()));
        break;
      case 3:
        if (existsSync(path) && statSync(path).isFile())
          truncateSync(path, Math.floor(random() * 10));
        break;
      case 4:
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path, { recursive: true });
        writeFileSync(join(path, 'inside'), String(random()));
        break;
      case 5:
        if (existsSync(path)) utimesSync(path, random() * 2e9, random() * 2e9);
        break;
      case 6:
        rmSync(path, { recursive: true, force: true });
        mkdirSync(dirname(path), { recursive: true });
        symlinkSync(pick([outside, 'nowhere', '.']), path);
        break;
      default:
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, 'x'.repeat(Math.floor(random() ** 6 * 3_000_000)) + String(random()));
    }
  } catch (error) {
    // The change is impossible: a file stands where a folder should, or the reverse, or a link leads nowhere.
    const { code } = error as NodeJS.ErrnoException;
    if (
      ![
        'ENOTDIR',
        'EISDIR',
        'EEXIST',
        'ENOENT',
        'EINVAL',
        'ELOOP',
        'ENOTEMPTY',
        'EACCES',
        'EPERM',
      ].includes(code ?? '')
    )
      throw error;
  }
}
