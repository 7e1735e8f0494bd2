import {
  appendFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Deterministic random numbers in [0, 1): mulberry32, so that a failing seed fails again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = [
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
 * One change that people and programs make to a tree: write, append, truncate, rename, remove, swap kinds, touch.
 * Links lead to `outside`, a folder of the test's own, because later changes go through them.
 */
export function changeSomething(root: string, outside: string, random: () => number): void {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const somePath = (): string =>
    join(root, ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(NAMES)));
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
    // A file stands where a folder should, or the reverse, or a link leads nowhere: that change cannot be made.
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
