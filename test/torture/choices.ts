import { ODD_NAMES } from '../world/tree.js';
import type { FileNode, JournaledFiles } from './files.js';

const NAMES = [...ODD_NAMES, 'back\\slash', ' '];

/** What a random change is about: a path, a file, some bytes. */
export interface Choices {
  pick<T>(from: readonly T[]): T;
  somePath(): string;
  /** A path that was not used before. */
  newName(): string;
  /** No two are alike. Few are nearly as large as `most`, in bytes. */
  someBytes(most: number): Buffer;
  /** Does nothing where there is no file. */
  withFile(act: (path: string, file: FileNode) => void): void;
}

export function chooseAtRandom(
  { files, nodes, isPossible }: JournaledFiles,
  random: () => number,
): Choices {
  const names = NAMES.filter(isPossible);
  let named = 0;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return {
    pick,
    somePath: () =>
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(names)).join('/'),
    newName() {
      named += 1;
      return `new ${named}`;
    },
    someBytes(most) {
      const bytes = Buffer.alloc(Math.floor(random() ** 4 * most), Math.floor(random() * 256));
      return Buffer.concat([Buffer.from(String(random())), bytes]);
    },
    withFile(act) {
      const path = pick(files());
      const file = path === undefined ? undefined : nodes.get(path);
      if (path !== undefined && file?.kind === 'file') act(path, file);
    },
  };
}
