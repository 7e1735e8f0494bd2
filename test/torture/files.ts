import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { LINK_SUFFIX } from '../../src/watcher/links.js';
import { createJournal, type Journal, md5Of, nowNs } from './journal.js';

export type Node =
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly to: string }
  | FileNode;
export interface FileNode {
  readonly kind: 'file';
  readonly bytes: Buffer;
  readonly changedNs: bigint;
}

export interface TreeOptions {
  readonly root: string;
  readonly links: 'skip' | 'preserve';
  readonly random: () => number;
  /** Why an object of this name cannot be in the container. No such file or link is made. */
  readonly nameProblem: (name: string) => string | undefined;
  /** Is called after each change on the disk with the paths that have changed by it. */
  readonly onStep?: (paths: readonly string[]) => void;
}

/** A folder, what is in it, and a journal of each step that was made in it. Paths are relative to the folder. */
export interface JournaledFiles {
  readonly journal: Journal;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Paths that have been a link at some time. */
  readonly everLinks: ReadonlySet<string>;
  readonly steps: number;
  onDisk(path: string): string;
  /** Whether a file, or a link, may have this path. */
  isPossible(path: string): boolean;
  /** Paths of the regular files. */
  files(): string[];
  /** The path and all below it that exist. */
  below(path: string): string[];
  /** Makes the folders above a path; what stands in their way goes. */
  makeWay(path: string): void;
  /** Content that names itself, in pieces, as programs write: each piece makes a file that could be sent. */
  write(path: string, content: Buffer): void;
  /** Exactly these bytes, in pieces. */
  writeUnnamed(path: string, bytes: Buffer): void;
  /** As editors save: beside the file, and then over it. */
  save(path: string, bytes: Buffer): void;
  append(path: string, file: FileNode, more: Buffer): void;
  truncate(path: string, file: FileNode, length: number): void;
  /** Other content of the same size under the old modification time: only the ctime differs. */
  rewrite(path: string, file: FileNode): void;
  /** Makes the file longer by a hole. */
  extend(path: string, length: number): void;
  link(path: string, to: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

/** A file that changes within the file system's tick, and keeps its size and times, is another test's business. */
const TICKS_NS = 100_000_000n;

export function createFiles(options: TreeOptions): JournaledFiles {
  const { root, links, random, nameProblem, onStep } = options;
  const journal = createJournal();
  const nodes = new Map<string, Node>();
  const everLinks = new Set<string>();
  let steps = 0;
  let versions = 0;
  const onDisk = (path: string): string => join(root, path);
  const isPossible = (path: string): boolean =>
    [path, path + LINK_SUFFIX].every((name) => nameProblem(name) === undefined);
  const files = (): string[] =>
    [...nodes].filter(([, { kind }]) => kind === 'file').map(([path]) => path);
  const below = (path: string): string[] =>
    [...nodes.keys()].filter((other) => other === path || other.startsWith(`${path}/`));

  function* namesOf(
    path: string,
    node: Node | undefined,
  ): Generator<readonly [string, string | undefined]> {
    yield [path, node?.kind === 'file' ? md5Of(node.bytes) : undefined];
    if (links === 'preserve')
      yield [path + LINK_SUFFIX, node?.kind === 'link' ? md5Of(Buffer.from(node.to)) : undefined];
  }

  /** One step on the disk, after which `after` is at the paths. */
  function step(what: string, after: ReadonlyMap<string, Node | undefined>, act: () => void): void {
    steps += 1;
    journal.step(what, act, function* () {
      for (const [path, node] of after) {
        if (node?.kind === 'link') everLinks.add(path);
        if (node) nodes.set(path, node);
        else nodes.delete(path);
        yield* namesOf(path, node);
      }
    });
    onStep?.([...after.keys()]);
  }

  function remove(path: string): void {
    // From the leaves up, so that each step is one that a program may see.
    for (const each of below(path).sort().reverse()) {
      const isFolder = nodes.get(each)?.kind === 'folder';
      step(`remove ${JSON.stringify(each)}`, new Map([[each, undefined]]), () =>
        rmSync(onDisk(each), { recursive: isFolder }),
      );
    }
  }

  /** Makes the folders above a path; what stands in their way goes. */
  function makeWay(path: string): void {
    const above = dirname(path);
    if (above === '.' || nodes.get(above)?.kind === 'folder') return;
    makeWay(above);
    if (nodes.has(above)) remove(above);
    step(`mkdir ${JSON.stringify(above)}`, new Map([[above, { kind: 'folder' }]]), () =>
      mkdirSync(onDisk(above)),
    );
  }

  /** What a version of a file begins with: no two are alike. */
  function versionOf(path: string): Buffer {
    versions += 1;
    return Buffer.from(`${path}, version ${versions}\n`);
  }

  const fileOf = (bytes: Buffer): FileNode => ({ kind: 'file', bytes, changedNs: nowNs() });

  /** Content that names itself, in pieces, as programs write: each piece makes a file that could be sent. */
  function write(path: string, content: Buffer): void {
    writeUnnamed(path, Buffer.concat([versionOf(path), content]));
  }

  function writeUnnamed(path: string, bytes: Buffer): void {
    makeWay(path);
    if (nodes.get(path)?.kind !== 'file') remove(path);
    let descriptor = -1;
    const open = () => {
      descriptor = openSync(onDisk(path), 'w');
    };
    step(`open ${JSON.stringify(path)}`, new Map([[path, fileOf(Buffer.alloc(0))]]), open);
    const pieces = 1 + Math.floor(random() * 3);
    for (let piece = 1; piece <= pieces; piece += 1) {
      const from = Math.floor((bytes.length * (piece - 1)) / pieces);
      const to = Math.floor((bytes.length * piece) / pieces);
      if (from === to) continue;
      step(
        `write ${JSON.stringify(path)} ${to}`,
        new Map([[path, fileOf(bytes.subarray(0, to))]]),
        () => {
          for (let done = from; done < to; ) done += writeSync(descriptor, bytes, done, to - done);
        },
      );
    }
    closeSync(descriptor);
  }

  /** As editors save: beside the file, and then over it. */
  function save(path: string, bytes: Buffer): void {
    makeWay(path);
    if (nodes.get(path)?.kind !== 'file') remove(path);
    const beside = `${path}.save~`;
    write(beside, bytes);
    move(beside, path);
  }

  function move(from: string, to: string): void {
    const moved = below(from);
    const after = new Map<string, Node | undefined>(moved.map((path) => [path, undefined]));
    for (const path of moved) after.set(to + path.slice(from.length), nodes.get(path));
    step(`rename ${JSON.stringify(from)} ${JSON.stringify(to)}`, after, () =>
      renameSync(onDisk(from), onDisk(to)),
    );
  }

  function rename(from: string, to: string): void {
    if (!nodes.has(from) || to === from || to.startsWith(`${from}/`) || from.startsWith(`${to}/`))
      return;
    if (!below(from).every((path) => isPossible(to + path.slice(from.length)))) return;
    makeWay(to);
    const isFile = (path: string) => nodes.get(path)?.kind === 'file';
    if (nodes.has(to) && !(isFile(from) && isFile(to))) remove(to);
    if (nodes.has(from)) move(from, to); // unless it stood in the way
  }

  const pathsTo = (path: string, node: Node): ReadonlyMap<string, Node> => new Map([[path, node]]);

  return {
    journal,
    nodes,
    everLinks,
    get steps() {
      return steps;
    },
    onDisk,
    isPossible,
    files,
    below,
    makeWay,
    write,
    writeUnnamed,
    save,
    append(path, { bytes }, more) {
      const after = fileOf(Buffer.concat([bytes, more]));
      step(`append ${JSON.stringify(path)}`, pathsTo(path, after), () =>
        appendFileSync(onDisk(path), more),
      );
    },
    truncate(path, { bytes }, length) {
      const after = fileOf(bytes.subarray(0, length));
      step(`truncate ${JSON.stringify(path)} ${length}`, pathsTo(path, after), () =>
        truncateSync(onDisk(path), length),
      );
    },
    rewrite(path, { bytes, changedNs }) {
      if (bytes.length === 0 || nowNs() - changedNs < TICKS_NS) return;
      const { atime, mtime } = statSync(onDisk(path));
      const other = Buffer.from(bytes.map((byte) => byte ^ 1));
      const descriptor = openSync(onDisk(path), 'r+');
      step(
        `rewrite ${JSON.stringify(path)}`,
        pathsTo(path, fileOf(other)),
        () => void writeSync(descriptor, other),
      );
      closeSync(descriptor);
      utimesSync(onDisk(path), atime, mtime);
      onStep?.([path]);
    },
    extend(path, length) {
      const file = nodes.get(path);
      const begin = file?.kind === 'file' ? file.bytes : Buffer.alloc(0);
      const after = Buffer.alloc(Math.max(length, begin.length));
      begin.copy(after);
      step(`extend ${JSON.stringify(path)}`, pathsTo(path, fileOf(after)), () =>
        truncateSync(onDisk(path), after.length),
      );
    },
    link(path, to) {
      remove(path);
      makeWay(path);
      step(`link ${JSON.stringify(path)}`, pathsTo(path, { kind: 'link', to }), () =>
        symlinkSync(to, onDisk(path)),
      );
    },
    rename,
    remove,
  };
}
