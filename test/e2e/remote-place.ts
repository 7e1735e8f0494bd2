import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../src/drivers/backend.js';
import {
  call,
  listAll,
  readAll,
  removeContainer,
  uniqueContainerName,
} from '../drivers/conformance/fixture.js';
import { type Finished, type Program, run } from './program.js';
import { differences, filesBelow } from './trees.js';
import { openWorkspace } from './workspace.js';

/** A folder with a configuration of one mirror whose container is at a server. Removed with the test, container and all. */
export interface RemotePlace {
  readonly folder: string;
  readonly source: string;
  readonly container: string;
  /** Runs one command to its end. */
  longshore(...args: readonly string[]): Promise<Finished>;
  /** Starts the daemon; it is killed with the test if it still runs. */
  daemon(): Program;
  /** Every object by its name (bytes as latin1 text), with the MD5 of what a reader gets. */
  objects(): Promise<ReadonlyMap<string, string>>;
  /** Where source and container differ, one line each. */
  differences(): Promise<string[]>;
}

export interface RemotePlaceOptions {
  /** `driver` and its settings. */
  readonly target: Readonly<Record<string, unknown>>;
  /** Another way to the same server, to look at what is there. */
  readonly direct: Backend;
  /** Further lines of the mirror, indented by four, and further mirrors. CONTAINER is the container's name. */
  readonly mirror?: string;
  readonly nodeOptions?: readonly string[];
}

export function openRemotePlace({
  target,
  direct,
  mirror = '',
  nodeOptions = [],
}: RemotePlaceOptions): RemotePlace {
  const container = uniqueContainerName();
  const { folder, start } = openWorkspace('remote', () =>
    removeContainer(direct, container).catch(() => undefined),
  );
  const source = join(folder, 'source');
  mkdirSync(source);
  // Every JSON text is a YAML value.
  writeFileSync(
    join(folder, 'longshore.yaml'),
    `state: ./state
targets:
  remote: ${JSON.stringify(target)}
mirrors:
  - name: documents
    source: ./source
    target: remote
    container: ${container}
    settle: 20ms
${mirror.replaceAll('CONTAINER', container)}`,
    { mode: 0o600 },
  );
  const config = ['--config', join(folder, 'longshore.yaml')];

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
    folder,
    source,
    container,
    longshore: (...args) => run([...config, ...args], { cwd: folder, nodeOptions }),
    daemon: () => start([...config, 'run'], { nodeOptions }),
    objects,
    differences: async () => differences(filesBelow(source), await objects()),
  };
}
