import { utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Failpoint } from '../../src/failpoint.js';
import { hashInParts } from '../../src/parts-digest.js';
import { LINK_SUFFIX } from '../../src/watcher/links.js';
import { changesToward, usualChanges } from './changes.js';
import { chooseAtRandom } from './choices.js';
import { createFiles, type TreeOptions } from './files.js';
import { type Journal, md5Of } from './journal.js';

/** A folder with random changes, and a journal of them by which the container can be judged. */
export interface Tree {
  readonly journal: Journal;
  /** One change, or a few that belong together. */
  change(): void;
  /** Changes that need each kind of work: a new file, a large one, a rename, a touch, a delete. What is renamed, touched and deleted was made before. */
  changeEverything(): void;
  /** Small files at once, so many that workers get them; some were there before. */
  changeMany(): void;
  /** Removes half of these files, where they are there, and writes the others again. */
  supersede(paths: readonly string[]): void;
  /** A change that brings a daemon to a crash point that few others lead to; any change for other points. */
  changeToward(point: Failpoint): void;
  /** What a container should hold, by object name. */
  expected(): ReadonlyMap<string, ExpectedObject>;
  /** Whether what was below this object's folders may be kept, since one of them has become a link that is skipped. */
  isBehindLink(name: string): boolean;
  /** Whether that was ever so. */
  wasBehindLink(name: string): boolean;
  readonly changes: number;
}

export interface ExpectedObject {
  readonly md5: string;
  /** Hex digest of the digests of its parts. */
  md5Parts(partSize: number): string;
  readonly path: string;
  readonly kind: 'file' | 'link';
}

function expectedObject(path: string, kind: ExpectedObject['kind'], bytes: Buffer): ExpectedObject {
  return {
    md5: md5Of(bytes),
    md5Parts(partSize) {
      const hash = hashInParts(partSize);
      hash.update(bytes);
      return hash.digest().hex;
    },
    path,
    kind,
  };
}

/** With more, something at the top of the tree is removed first. */
const MOST_NODES = 150;
const MANY = 200;

export function createTree(options: TreeOptions & { readonly mostNodes?: number }): Tree {
  const { links, random, mostNodes = MOST_NODES } = options;
  const made = createFiles(options);
  const { journal, nodes, everLinks, onDisk, below, write, rename, remove } = made;
  const choices = chooseAtRandom(made, random);
  const { pick, newName, someBytes } = choices;
  const changes = usualChanges(made, choices, random);
  const waysTo = changesToward(made, choices, random);

  return {
    journal,
    get changes() {
      return made.steps;
    },
    change() {
      if (nodes.size > mostNodes)
        remove(pick([...nodes.keys()].filter((path) => !path.includes('/'))));
      pick(changes)();
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
    changeMany() {
      const folder = pick(['many', newName(), newName()]);
      for (let at = 0; at < MANY; at += 1)
        if (random() < 0.8) write(`${folder}/${at}`, someBytes(2_000));
    },
    supersede(paths) {
      for (const path of paths)
        if (nodes.get(path)?.kind === 'file')
          random() < 0.5 ? remove(path) : write(path, someBytes(2_000));
    },
    changeToward(point) {
      const way = waysTo.get(point);
      if (way) way();
      else pick(changes)();
    },
    expected() {
      const objects = new Map<string, ExpectedObject>();
      for (const [path, node] of nodes) {
        if (node.kind === 'file') objects.set(path, expectedObject(path, 'file', node.bytes));
        if (node.kind === 'link' && links === 'preserve')
          objects.set(path + LINK_SUFFIX, expectedObject(path, 'link', Buffer.from(node.to)));
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
