import {
  appendFileSync,
  chmodSync,
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
import { FAILPOINTS, type Failpoint } from '../../src/failpoint.js';
import { LINK_SUFFIX } from '../../src/watcher/links.js';
import { ODD_NAMES } from '../world/tree.js';
import { createJournal, type Journal, md5Of, nowNs } from './journal.js';

type Node = { readonly kind: 'folder' } | { readonly kind: 'link'; readonly to: string } | FileNode;
interface FileNode {
  readonly kind: 'file';
  readonly bytes: Buffer;
  readonly changedNs: bigint;
}

/** A folder with random changes, and a journal of them by which the container can be judged. */
export interface Tree {
  readonly journal: Journal;
  /** One change, or a few that belong together. */
  change(): void;
  /** Changes that need each kind of work: a new file, a large one, a rename, a touch, a delete. What is renamed, touched and deleted was made before. */
  changeEverything(): void;
  /** A change that brings a daemon to a crash point that few others lead to; any change for other points. */
  changeToward(point: Failpoint): void;
  /** What a container should hold, by object name. */
  expected(): ReadonlyMap<
    string,
    { readonly md5: string; readonly path: string; readonly kind: 'file' | 'link' }
  >;
  /** Whether what was below this object's folders may be kept, since one of them has become a link that is skipped. */
  isBehindLink(name: string): boolean;
  /** Whether that was ever so. */
  wasBehindLink(name: string): boolean;
  readonly changes: number;
}

export interface TreeOptions {
  readonly root: string;
  readonly links: 'skip' | 'preserve';
  readonly random: () => number;
}

const NAMES = [...ODD_NAMES, 'back\\slash', ' '];
/** A file that changes within the file system's tick, and keeps its size and times, is another test's business. */
const TICKS_NS = 100_000_000n;
const LARGE = 3 * 2 ** 20;

export function createTree({ root, links, random }: TreeOptions): Tree {
  const journal = createJournal();
  const nodes = new Map<string, Node>();
  let changes = 0;
  const everLinks = new Set<string>();
  let named = 0;
  let versions = 0;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const somePath = (): string =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(NAMES)).join('/');
  const onDisk = (path: string): string => join(root, path);
  const files = (): string[] =>
    [...nodes].filter(([, { kind }]) => kind === 'file').map(([path]) => path);
  const below = (path: string): string[] =>
    [...nodes.keys()].filter((other) => other === path || other.startsWith(`${path}/`));

  function* named1(
    path: string,
    node: Node | undefined,
  ): Generator<readonly [string, string | undefined]> {
    yield [path, node?.kind === 'file' ? md5Of(node.bytes) : undefined];
    if (links === 'preserve')
      yield [path + LINK_SUFFIX, node?.kind === 'link' ? md5Of(Buffer.from(node.to)) : undefined];
  }

  /** One step on the disk, after which `after` is at the paths. */
  function step(what: string, after: ReadonlyMap<string, Node | undefined>, act: () => void): void {
    changes += 1;
    journal.step(what, act, function* () {
      for (const [path, node] of after) {
        if (node?.kind === 'link') everLinks.add(path);
        if (node) nodes.set(path, node);
        else nodes.delete(path);
        yield* named1(path, node);
      }
    });
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
    makeWay(to);
    const isFile = (path: string) => nodes.get(path)?.kind === 'file';
    if (nodes.has(to) && !(isFile(from) && isFile(to))) remove(to);
    if (nodes.has(from)) move(from, to); // unless it stood in the way
  }

  function someBytes(most: number): Buffer {
    const bytes = Buffer.alloc(Math.floor(random() ** 4 * most), Math.floor(random() * 256));
    return Buffer.concat([Buffer.from(String(random())), bytes]);
  }

  function withFile(act: (path: string, file: FileNode) => void): void {
    const path = pick(files());
    const file = path === undefined ? undefined : nodes.get(path);
    if (path !== undefined && file?.kind === 'file') act(path, file);
  }

  const newName = (): string => {
    named += 1;
    return `new ${named}`;
  };

  const changesOf: readonly (() => void)[] = [
    () => write(somePath(), someBytes(20_000)),
    () => write(somePath(), someBytes(20_000)),
    () => save(somePath(), someBytes(20_000)),
    () =>
      withFile((path, { bytes }) => {
        const more = someBytes(1_000);
        const after = fileOf(Buffer.concat([bytes, more]));
        step(`append ${JSON.stringify(path)}`, new Map([[path, after]]), () =>
          appendFileSync(onDisk(path), more),
        );
      }),
    () =>
      withFile((path, { bytes }) => {
        const length = Math.floor(random() * bytes.length);
        const after = fileOf(bytes.subarray(0, length));
        step(`truncate ${JSON.stringify(path)} ${length}`, new Map([[path, after]]), () =>
          truncateSync(onDisk(path), length),
        );
      }),
    // Other content of the same size under the old modification time: only the ctime differs.
    () =>
      withFile((path, { bytes, changedNs }) => {
        if (bytes.length === 0 || nowNs() - changedNs < TICKS_NS) return;
        const { atime, mtime } = statSync(onDisk(path));
        const other = Buffer.from(bytes.map((byte) => byte ^ 1));
        const descriptor = openSync(onDisk(path), 'r+');
        step(
          `rewrite ${JSON.stringify(path)}`,
          new Map([[path, fileOf(other)]]),
          () => void writeSync(descriptor, other),
        );
        closeSync(descriptor);
        utimesSync(onDisk(path), atime, mtime);
      }),
    () => withFile((path) => utimesSync(onDisk(path), random() * 2e9, random() * 2e9)),
    () => withFile((path) => chmodSync(onDisk(path), pick([0o600, 0o640, 0o644, 0o755]))),
    () => remove(pick([...nodes.keys(), somePath()])),
    () => remove(pick(files()) ?? somePath()),
    () => rename(pick([...nodes.keys(), somePath()]), somePath()),
    () => rename(pick([...nodes.keys(), somePath()]), somePath()),
    () => {
      const path = somePath();
      remove(path);
      makeWay(path);
      const to = pick(['nowhere', '.', '..', 'a', 'a/b.txt']);
      step(`link ${JSON.stringify(path)}`, new Map([[path, { kind: 'link', to }]]), () =>
        symlinkSync(to, onDisk(path)),
      );
    },
    () => {
      const path = somePath();
      if (nodes.get(path)?.kind !== 'folder') remove(path);
      makeWay(`${path}/inside`);
    },
    () => {
      if (random() < 0.5) write(somePath(), someBytes(LARGE));
    },
    // Sparse: a large file that takes no place.
    () => {
      if (random() < 0.7) return;
      const path = somePath();
      write(path, Buffer.from('sparse'));
      const file = nodes.get(path);
      const begin = file?.kind === 'file' ? file.bytes : Buffer.alloc(0);
      const after = Buffer.alloc(Math.max(Math.floor(random() * LARGE), begin.length));
      begin.copy(after);
      step(`extend ${JSON.stringify(path)}`, new Map([[path, fileOf(after)]]), () =>
        truncateSync(onDisk(path), after.length),
      );
    },
    // What looks encrypted, or wiped, where there was something sound: the guard counts that.
    () =>
      withFile((path, { bytes }) => {
        if (bytes.length === 0) return;
        const wiped = random() < 0.5;
        writeUnnamed(
          path,
          Buffer.from(
            Array.from({ length: 5_000 }, () => (wiped ? 0 : Math.floor(random() * 256))),
          ),
        );
      }),
    // A folder that is filled and then gets its name, as by an unpacking program.
    () => {
      const folder = newName();
      for (let at = 0; at < 10; at += 1) write(`${folder}/f${at}`, someBytes(500));
      rename(folder, somePath());
    },
    // Much at once, and away again.
    () => {
      const many = Object.keys(Array(20).fill(0)).map((at) => `burst/${at}`);
      for (const path of many) write(path, Buffer.from(path));
      if (random() < 0.5) remove('burst');
    },
  ];

  function renameFile(): void {
    const from = pick(files());
    if (from !== undefined) rename(from, newName());
  }

  /** One becomes a folder, or a folder becomes one: where a store cannot hold `a` beside `a/b`, one must go before the other comes. */
  function exchange(): void {
    const folder = pick(
      [...nodes].filter(
        ([path, { kind }]) =>
          kind === 'folder' && files().some((file) => file.startsWith(`${path}/`)),
      ),
    );
    const file = pick(files());
    if (folder !== undefined && random() < 0.5) write(folder[0], someBytes(2_000));
    else if (file !== undefined) {
      remove(file);
      write(`${file}/inside`, someBytes(2_000));
    }
  }

  const touchFile = () =>
    withFile((path) => utimesSync(onDisk(path), random() * 2e9, random() * 2e9));
  const removeFile = () => remove(pick(files()) ?? somePath());
  const writeLarge = () =>
    write(
      somePath(),
      Buffer.alloc(2 ** 21 + Math.floor(random() * 2 ** 20), Math.floor(random() * 256)),
    );
  const waysTo = new Map<Failpoint, () => void>([
    ['sync: object copied, not recorded', renameFile],
    ['local: copy written, not renamed', renameFile],
    ['sync: room made, object not sent', exchange],
    ['sync: metadata replaced, not recorded', touchFile],
    ['sync: object kept in the trash, not deleted', removeFile],
    ['sync: object deleted, not forgotten', removeFile],
    ['local: object unlinked, its record not removed', removeFile],
    ['sync: object recorded, its upload not forgotten', writeLarge],
    ...FAILPOINTS.filter((point) => point.startsWith('parts:')).map(
      (point) => [point, writeLarge] as const,
    ),
  ]);

  return {
    journal,
    get changes() {
      return changes;
    },
    change() {
      if (nodes.size > 150) remove(pick([...nodes.keys()].filter((path) => !path.includes('/'))));
      pick(changesOf)();
    },
    changeEverything() {
      // What the change before left has been mirrored by now, or will be: only such a file is copied, refreshed or deleted.
      const [oldest, ...others] = below('everything').filter((path) => path.includes('new '));
      if (nodes.get('everything/small')?.kind === 'file')
        rename('everything/small', `everything/${newName()}`);
      if (nodes.get('everything/touched')?.kind === 'file')
        utimesSync(onDisk('everything/touched'), random() * 2e9, random() * 2e9);
      else write('everything/touched', someBytes(500));
      write('everything/small', someBytes(500));
      write('everything/large', Buffer.alloc(2 * 2 ** 20, Math.floor(random() * 256)));
      if (oldest !== undefined && others.length > 2) remove(oldest);
    },
    changeToward(point) {
      const way = waysTo.get(point);
      if (way) way();
      else pick(changesOf)();
    },
    expected() {
      const objects = new Map<string, { md5: string; path: string; kind: 'file' | 'link' }>();
      for (const [path, node] of nodes) {
        if (node.kind === 'file') objects.set(path, { md5: md5Of(node.bytes), path, kind: 'file' });
        if (node.kind === 'link' && links === 'preserve') {
          objects.set(path + LINK_SUFFIX, { md5: md5Of(Buffer.from(node.to)), path, kind: 'link' });
        }
      }
      return objects;
    },
    isBehindLink(name) {
      if (links !== 'skip') return false;
      for (let above = dirname(name); above !== '.'; above = dirname(above))
        if (nodes.get(above)?.kind === 'link') return true;
      return false;
    },
    wasBehindLink(name) {
      if (links !== 'skip') return false;
      for (let above = dirname(name); above !== '.'; above = dirname(above))
        if (everLinks.has(above)) return true;
      return false;
    },
  };
}
