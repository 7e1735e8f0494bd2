import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, NOBODY, type Program, run } from './program.js';
import { differences, filesBelow } from './trees.js';
import { createWorkspace } from './workspace.js';

export type Runtime = 'lmdb' | 'lowdb';

/** A mirror whose state folder may come to harm. Its programs run as a user whom file modes bind, and without root as the test's own. */
export interface DamagedPlace {
  readonly source: string;
  readonly state: string;
  readonly index: string;
  readonly ledger: string;
  write(path: string, content: string): void;
  longshore(...args: readonly string[]): Promise<Finished>;
  daemon(): Program;
  /** Each object by name: its inode is another one as soon as it has been put again. */
  objects(): ReadonlyMap<string, bigint>;
  differences(): string[];
  /** The state folder as it is now, and that again. */
  saveState(): void;
  restoreState(): void;
  remove(): Promise<void>;
}

export interface DamagedPlaceOptions {
  readonly engine: Runtime;
  /** Lines of the mirror's configuration. */
  readonly mirror?: string;
  /** Bytes: the state folder is a file system of its own, and no larger. */
  readonly stateBytes?: number;
}

const isRoot = process.getuid?.() === 0;

export function openDamagedPlace({
  engine,
  mirror = '',
  stateBytes,
}: DamagedPlaceOptions): DamagedPlace {
  const { folder, start, remove } = createWorkspace('damage', () => {
    if (stateBytes !== undefined) spawnSync('umount', ['--lazy', join(folder, 'state')]);
  });
  const source = join(folder, 'source');
  const state = join(folder, 'state');
  const saved = join(folder, 'saved');
  const config = join(folder, 'longshore.yaml');
  chmodSync(folder, 0o755);
  mkdirSync(source);
  mkdirSync(state);
  for (const path of [folder, source, state]) if (isRoot) chownSync(path, NOBODY, NOBODY);
  if (stateBytes !== undefined) {
    const options = `size=${stateBytes},mode=0700${isRoot ? `,uid=${NOBODY},gid=${NOBODY}` : ''}`;
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', state]);
    if (status !== 0) throw new Error(`cannot mount ${state}: ${stderr}`);
  }
  writeFileSync(
    config,
    `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents, settle: 20ms, index: ${engine}${mirror === '' ? '' : `, ${mirror}`} }
`,
  );
  const container = join(folder, 'vault', 'documents');
  const mirrorFolder = join(state, 'mirrors', 'documents');
  return {
    source,
    state,
    index: join(mirrorFolder, engine === 'lmdb' ? 'index.mdb' : 'index.json'),
    ledger: join(mirrorFolder, 'ledger.json'),
    write: (path, content) => writeFileSync(join(source, path), content),
    longshore: (...args) => run(['--config', config, ...args], { cwd: folder, asNobody: true }),
    daemon: () => start(['--config', config, 'run'], { asNobody: true }),
    objects() {
      const names = [...filesBelow(container).keys()];
      return new Map(
        names.map((name) => [
          name,
          lstatSync(join(container, Buffer.from(name, 'latin1').toString()), { bigint: true }).ino,
        ]),
      );
    },
    differences: () => differences(filesBelow(source), filesBelow(container)),
    saveState: () => cpSync(state, saved, { recursive: true, preserveTimestamps: true }),
    restoreState() {
      rmSync(state, { recursive: true, force: true });
      cpSync(saved, state, { recursive: true, preserveTimestamps: true });
      if (isRoot)
        for (const path of ['.', ...(readdirSync(state, { recursive: true }) as string[])])
          chownSync(join(state, path), NOBODY, NOBODY);
    },
    remove,
  };
}

/** Whether this test may mount file systems: a matter of root, and of where it runs. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-mount-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', 'none', folder]).status !== 0) return false;
    return spawnSync('umount', [folder]).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  writeFileSync(file, bytes, { flag: 'r+' });
}
