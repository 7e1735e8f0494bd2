import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { LINK_SUFFIX } from '../../src/watcher/links.js';
import { md5Of } from '../torture/journal.js';
import { configText } from '../world/config-text.js';

/** What a run that meets a fault does. */
export interface Scenario {
  readonly name: string;
  /** `first`: mirrors for the first time. `again`: mirrors changes. `daemon`: mirrors changes while it watches. */
  readonly kind: 'first' | 'again' | 'daemon';
  readonly command: readonly string[];
  readonly index: 'lmdb' | 'lowdb';
  readonly deletes: 'mirror' | 'trash';
  readonly watch: 'chokidar' | 'directories';
}

const USUAL = { index: 'lmdb', deletes: 'mirror', watch: 'chokidar' } as const;

export const SCENARIOS: readonly Scenario[] = [
  { ...USUAL, name: 'first', kind: 'first', command: ['--reconcile', '--json'] },
  { ...USUAL, name: 'again', kind: 'again', command: ['--reconcile', '--json'], deletes: 'trash' },
  { ...USUAL, name: 'scan', kind: 'again', command: ['scan', '--json'], index: 'lowdb' },
  { ...USUAL, name: 'daemon', kind: 'daemon', command: ['run'] },
  { ...USUAL, name: 'directories', kind: 'daemon', command: ['run'], watch: 'directories' },
];

export function configOf({ index, deletes, watch }: Scenario): string {
  return configText({
    state: './state',
    targetName: 'vault',
    target: '{ driver: local, root: ./vault }',
    source: './source',
    container: 'documents',
    mirror: `    guard: off
    symlinks: preserve
    watch: ${watch}
    index: ${index}
    deletes: ${deletes}
`,
  });
}

const LARGE_BYTES = 1_500_000;
const OLD_SECONDS = 1_600_000_000;

/** The files that are mirrored first. */
export function fill(source: string): void {
  const files = [
    'd/one',
    'd/two',
    'e/three',
    'e/deep/four',
    'kept',
    'moved',
    'replaced',
    'onto',
    'over',
    'touched',
    'gone',
    'swapped',
  ];
  for (const path of files) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), `${path}, version 1`);
  }
  writeFileSync(join(source, 'large'), Buffer.alloc(LARGE_BYTES, 'large, version 1'));
  symlinkSync('kept', join(source, 'link'));
}

/** What people do to them then: each kind of change once, without a name or content in between that is not of the list. */
export function change(source: string): void {
  const at = (path: string) => join(source, path);
  mkdirSync(at('fresh'));
  writeFileSync(at('fresh/new'), 'new, version 1');
  appendFileSync(at('replaced'), ', version 2');
  appendFileSync(at('large'), ', version 2');
  utimesSync(at('touched'), OLD_SECONDS, OLD_SECONDS);
  rmSync(at('gone'));
  renameSync(at('moved'), at('d/moved'));
  renameSync(at('over'), at('onto'));
  renameSync(at('e'), at('f'));
  unlinkSync(at('swapped'));
  mkdirSync(at('swapped'));
  writeFileSync(at('swapped/inside'), 'inside, version 1');
  unlinkSync(at('link'));
  symlinkSync('replaced', at('link'));
}

/** By object name, the MD5 of what should be in the container. */
export function expectedObjects(source: string): Map<string, string> {
  return new Map(
    entriesBelow(source).flatMap(({ path, kind }) => {
      if (kind === 'file') return [[path, md5Of(readFileSync(join(source, path)))] as const];
      return kind === 'link'
        ? [[path + LINK_SUFFIX, md5Of(Buffer.from(readlinkSync(join(source, path))))] as const]
        : [];
    }),
  );
}

/** By object name, the MD5 of what is in the container; of what changes meanwhile, what was there last. */
export function objectsIn(container: string): Map<string, string> {
  return new Map(
    entriesBelow(container).flatMap(({ path, kind }) => {
      if (kind !== 'file' || path.startsWith('.longshore/')) return [];
      const bytes = unlessGone(() => readFileSync(join(container, path)));
      return bytes === undefined ? [] : [[path, md5Of(bytes)] as const];
    }),
  );
}

export interface FoundEntry {
  /** Below the root. */
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'link';
  /** Of a folder. */
  readonly isEmpty: boolean;
}

/** Everything below a folder that may change meanwhile; nothing where there is no folder. */
export function entriesBelow(root: string): FoundEntry[] {
  const found: FoundEntry[] = [];
  const visit = (below: string): void => {
    for (const name of unlessGone(() => readdirSync(join(root, below))) ?? []) {
      const path = join(below, name);
      const stat = unlessGone(() => lstatSync(join(root, path)));
      if (stat?.isDirectory()) {
        const isEmpty = unlessGone(() => readdirSync(join(root, path)))?.length === 0;
        found.push({ path, kind: 'folder', isEmpty });
        visit(path);
      } else if (stat)
        found.push({ path, kind: stat.isSymbolicLink() ? 'link' : 'file', isEmpty: false });
    }
  };
  visit('');
  return found;
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
