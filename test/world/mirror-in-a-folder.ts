import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import {
  call,
  listAll,
  readAll,
  removeContainer,
  uniqueContainerName,
} from '../drivers/conformance/fixture.js';
import { configText } from './config-text.js';
import { type Finished, isRoot, type Program, run, UNPRIVILEGED } from './program.js';
import { differences, digestsBelow, filesBelow } from './tree.js';
import { createWorkspace } from './workspace.js';

export type IndexFormat = 'lmdb' | 'lowdb';

/** A temporary folder with the configuration of one mirror, `documents`, its source and its state. */
export interface MirrorInAFolder {
  readonly folder: string;
  readonly source: string;
  readonly state: string;
  /** The mirror's index and ledger in the state folder. */
  readonly index: string;
  readonly ledger: string;
  /** Runs one command to its end. */
  longshore(...args: readonly string[]): Promise<Finished>;
  /** Starts one command. It is killed when the folder is removed. */
  start(...args: readonly string[]): Program;
  /** Starts the daemon. It is killed when the folder is removed. */
  daemon(): Program;
  /** Writes a file into the source, with the folders above it. The content is by default the path. Returns the absolute path. */
  write(path: string, content?: string | Buffer): string;
  /** Writes the configuration again, with these lines of the mirror. */
  writeConfig(mirror?: string): void;
  /** Copies the state folder; `restoreState` puts the copy in its place. */
  saveState(): void;
  restoreState(): void;
  /** Kills the programs and removes the folder. Only where `callerRemoves` is set does a test need to call this. */
  remove(): Promise<void>;
}

export interface MirrorOptions {
  /** Further lines of the mirror, indented by four, and further mirrors. CONTAINER stands for the container's name. */
  readonly mirror?: string;
  readonly index?: IndexFormat;
  /** True: the program runs as a user without special rights. Changes nothing if the test does not run as root. */
  readonly unprivileged?: boolean;
  /** Bytes. The state folder becomes a file system of this size. Needs the right to mount. */
  readonly stateBytes?: number;
  readonly nodeOptions?: readonly string[];
  /** True: the folder outlives the test, until `remove` is called. */
  readonly callerRemoves?: boolean;
}

interface MirrorParts {
  readonly targetName: string;
  /** The target's settings as YAML on one line. */
  readonly target: string;
  readonly container: string;
  readonly configMode: number;
  readonly close?: () => Promise<void> | void;
}

function openMirror(options: MirrorOptions, parts: MirrorParts): MirrorInAFolder {
  const { index: format, unprivileged = false, stateBytes, nodeOptions = [] } = options;
  const { folder, start, remove } = createWorkspace('mirror', async () => {
    if (stateBytes !== undefined) spawnSync('umount', ['--lazy', join(folder, 'state')]);
    await parts.close?.();
  });
  if (options.callerRemoves !== true) onTestFinished(remove);
  const source = join(folder, 'source');
  const state = join(folder, 'state');
  const saved = join(folder, 'saved');
  const configFile = join(folder, 'longshore.yaml');
  const config = ['--config', configFile];
  mkdirSync(source);
  if (unprivileged) {
    chmodSync(folder, 0o755);
    for (const path of [folder, source]) giveAway(path);
  }
  if (stateBytes !== undefined) mountState(state, stateBytes, unprivileged);

  function writeConfig(mirror = ''): void {
    const lines = mirror.replaceAll('CONTAINER', parts.container);
    writeFileSync(
      configFile,
      configText({
        state: './state',
        targetName: parts.targetName,
        target: parts.target,
        source: './source',
        container: parts.container,
        mirror: `${format === undefined ? '' : `    index: ${format}\n`}${lines}`,
      }),
      { mode: parts.configMode },
    );
  }

  writeConfig(options.mirror);
  const mirrorState = join(state, 'mirrors', 'documents');
  return {
    folder,
    source,
    state,
    index: join(mirrorState, format === 'lowdb' ? 'index.json' : 'index.mdb'),
    ledger: join(mirrorState, 'ledger.json'),
    longshore: (...args) => run([...config, ...args], { cwd: folder, nodeOptions, unprivileged }),
    start: (...args) => start([...config, ...args], { nodeOptions, unprivileged }),
    daemon: () => start([...config, 'run'], { nodeOptions, unprivileged }),
    write(path, content = path) {
      const absolute = join(source, path);
      mkdirSync(dirname(absolute), { recursive: true });
      writeFileSync(absolute, content);
      return absolute;
    },
    writeConfig,
    saveState: () => cpSync(state, saved, { recursive: true, preserveTimestamps: true }),
    restoreState() {
      rmSync(state, { recursive: true, force: true });
      cpSync(saved, state, { recursive: true, preserveTimestamps: true });
      if (unprivileged)
        for (const path of ['.', ...(readdirSync(state, { recursive: true }) as string[])])
          giveAway(join(state, path));
    },
    remove,
  };
}

/** Makes the unprivileged user the owner of a file or folder. */
function giveAway(path: string): void {
  if (isRoot) chownSync(path, UNPRIVILEGED, UNPRIVILEGED);
}

function mountState(state: string, bytes: number, unprivileged: boolean): void {
  mkdirSync(state);
  const owner = unprivileged && isRoot ? `,uid=${UNPRIVILEGED},gid=${UNPRIVILEGED}` : '';
  const options = `size=${bytes},mode=0700${owner}`;
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', state]);
  if (status !== 0) throw new Error(`cannot mount ${state}: ${stderr}`);
}

/** A mirror whose container is a folder of a local target. */
export interface LocalMirror extends MirrorInAFolder {
  /** The container's path. */
  readonly container: string;
  /** Names of the objects, in the order of their bytes, without those that longshore keeps for itself. */
  objects(): string[];
  /** The inode of each object, by name. A new inode shows that the object was put again. */
  inodes(): ReadonlyMap<string, bigint>;
  /** Differences between source and container, one line each. */
  differences(): string[];
}

/** Opens a mirror to a local target, with these lines of the mirror's configuration. */
export function openLocalMirror(mirror = '', options: MirrorOptions = {}): LocalMirror {
  const opened = openMirror(
    { mirror, ...options },
    {
      target: '{ driver: local, root: ./vault, fsync: false }',
      targetName: 'vault',
      container: 'documents',
      configMode: 0o644,
    },
  );
  const container = join(opened.folder, 'vault', 'documents');
  return {
    ...opened,
    container,
    objects: () => filesBelow(container).filter((name) => !name.startsWith('.longshore/')),
    inodes: () =>
      new Map(
        [...digestsBelow(container).keys()].map((name) => [
          name,
          lstatSync(join(container, Buffer.from(name, 'latin1').toString()), { bigint: true }).ino,
        ]),
      ),
    differences: () => differences(digestsBelow(opened.source), digestsBelow(container)),
  };
}

/** A mirror whose container is at a server. The container is removed with the folder. */
export interface RemoteMirror extends MirrorInAFolder {
  /** The container's name. */
  readonly container: string;
  /** The MD5 of each object's content, by name: its bytes as latin1 text. */
  objects(): Promise<ReadonlyMap<string, string>>;
  /** Differences between source and container, one line each. */
  differences(): Promise<string[]>;
}

export interface RemoteMirrorOptions extends MirrorOptions {
  /** `driver` and its settings. */
  readonly target: Readonly<Record<string, unknown>>;
  /** A client of the server that reads the container without the program. */
  readonly direct: Backend;
}

export function openRemoteMirror({
  target,
  direct,
  ...options
}: RemoteMirrorOptions): RemoteMirror {
  const container = uniqueContainerName();
  const opened = openMirror(options, {
    // Every JSON text is a YAML value.
    target: JSON.stringify(target),
    targetName: 'remote',
    container,
    // Secrets are in it.
    configMode: 0o600,
    close: () => removeContainer(direct, container).catch(() => undefined),
  });

  async function objects(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const { key } of await listAll(direct, container)) {
      if (key.startsWith('.longshore/')) continue;
      const content = await readAll(await direct.readObject({ container, key }, undefined, call));
      found.set(
        Buffer.from(key).toString('latin1'),
        createHash('md5').update(content).digest('hex'),
      );
    }
    return found;
  }

  return {
    ...opened,
    container,
    objects,
    differences: async () => differences(digestsBelow(opened.source), await objects()),
  };
}
