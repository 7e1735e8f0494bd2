import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** How many files a source has, and how large each is. */
export interface TreeSize {
  readonly files: number;
  readonly bytes: number;
}

const PARTS = 10;
const PER_FOLDER = 100;
const CHUNK_BYTES = 2 ** 20;
/** Where longshore keeps its own objects in a container. */
const OWN_FOLDER = '.longshore';

/** Returns the name of a file of a tree: a tenth of all files in each of `p0` to `p9`, 100 files to a folder below. */
export function fileName(at: number, files: number): string {
  const part = Math.floor((at * PARTS) / files);
  return `p${part}/d${Math.floor(at / PER_FOLDER)}/f${at}`;
}

/** Returns what the content of a file of a tree repeats, up to its size. */
export function chunkOf(at: number, bytes: number): Buffer {
  return Buffer.alloc(Math.min(bytes, CHUNK_BYTES), `${at} `);
}

/** Makes a tree below `root`. No two files have the same content, unless they are empty. */
export function makeTree(root: string, { files, bytes }: TreeSize): void {
  let last = '';
  for (let at = 0; at < files; at += 1) {
    const path = join(root, fileName(at, files));
    const folder = dirname(path);
    if (folder !== last) mkdirSync(folder, { recursive: true });
    last = folder;
    const chunk = chunkOf(at, bytes);
    const file = openSync(path, 'w');
    for (let written = 0; written < bytes; written += chunk.length)
      writeSync(file, chunk, 0, Math.min(chunk.length, bytes - written));
    closeSync(file);
  }
}

/** Returns the regular files below a folder and their sizes in bytes, in no order, without longshore's own. */
export function sizesBelow(root: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const visit = (below: string): void => {
    for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
      if (below === '' && entry.name === OWN_FOLDER) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else sizes.set(path, lstatSync(join(root, path)).size);
    }
  };
  if (existsSync(root)) visit('');
  return sizes;
}

/** Returns the first difference between a folder and its copy, in names, sizes or bytes; undefined when they are equal. */
export function differenceOfCopy(source: string, copy: string): string | undefined {
  const wanted = sizesBelow(source);
  const sizes = sizesBelow(copy);
  const extra = [...sizes.keys()].find((name) => !wanted.has(name));
  if (extra !== undefined) return `${extra} is in the copy alone`;
  for (const [name, size] of wanted) {
    if (sizes.get(name) === undefined) return `${name} is missing`;
    if (sizes.get(name) !== size) return `${name} has ${sizes.get(name)} bytes instead of ${size}`;
    if (!sameBytes(join(source, name), join(copy, name))) return `${name} has other content`;
  }
  return undefined;
}

const left = Buffer.alloc(CHUNK_BYTES);
const right = Buffer.alloc(CHUNK_BYTES);

function sameBytes(a: string, b: string): boolean {
  const first = openSync(a, 'r');
  const second = openSync(b, 'r');
  try {
    for (;;) {
      const length = readSync(first, left);
      if (readSync(second, right) !== length) return false;
      if (length === 0) return true;
      if (left.compare(right, 0, length, 0, length) !== 0) return false;
    }
  } finally {
    closeSync(first);
    closeSync(second);
  }
}

/** Returns a digest over name, inode, mtime and ctime of each file: it changes when any file was written or replaced. */
export function fingerprint(root: string): string {
  const hash = createHash('sha256');
  for (const name of [...sizesBelow(root).keys()].sort()) {
    const { ino, mtimeNs, ctimeNs } = lstatSync(join(root, name), { bigint: true });
    hash.update(`${name} ${ino} ${mtimeNs} ${ctimeNs}\n`);
  }
  return hash.digest('hex');
}
