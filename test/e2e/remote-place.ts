import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, listAll, readAll, removeContainer, uniqueContainerName } from '../drivers/conformance/fixture.js';
import { type Finished, type Program, run, start } from './program.js';
import { differences, filesBelow } from './trees.js';

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
  /** Further lines of the mirror, indented by four. */
  readonly mirror?: string;
  readonly nodeOptions?: readonly string[];
}

export function openRemotePlace({ target, direct, mirror = '', nodeOptions = [] }: RemotePlaceOptions): RemotePlace {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-remote-'));
  const source = join(folder, 'source');
  const container = uniqueContainerName();
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
${mirror}`,
    { mode: 0o600 },
  );
  const programs: Program[] = [];
  const options = { cwd: folder, nodeOptions };
  const config = ['--config', join(folder, 'longshore.yaml')];

  async function objects(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const { key } of await listAll(direct, container)) {
      if (key.startsWith('.longshore/')) continue;
      const content = await readAll(await direct.readObject({ container, key }, undefined, call));
      found.set(Buffer.from(key).toString('latin1'), createHash('md5').update(content).digest('hex'));
    }
    return found;
  }

  onTestFinished(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map(({ finished }) => finished));
    await removeContainer(direct, container).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    source,
    container,
    longshore: (...args) => run([...config, ...args], options),
    daemon() {
      const program = start([...config, 'run'], options);
      programs.push(program);
      return program;
    },
    objects,
    differences: async () => differences(filesBelow(source), await objects()),
  };
}
