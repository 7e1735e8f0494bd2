import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chown, cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { checkout } from '../systemd/host.js';
import { eventually } from '../world/eventually.js';

const run = promisify(execFile);

/** Why no image can be built here, or undefined. */
export const noImages = existsSync('/usr/bin/buildah') ? undefined : 'buildah is not installed';

/** The user that the recipe names. */
const USER = 10_001;
const PATIENCE_MS = 180_000;

const CONFIG = `state: /var/lib/longshore
targets: { vault: { driver: local, root: /srv/copies } }
mirrors: [{ name: data, source: /srv/data, target: vault, container: data }]
`;

interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
}

export interface ImageParts {
  /** Files of a Debian system, which stand in for the base image: nothing is pulled. */
  readonly root: string;
  readonly deb: string;
  /** A folder that the caller removes. */
  readonly folder: string;
}

/** Builds the image of the recipe, without a daemon or rights of a container runtime, and runs what it says. */
export async function tryImage({ root, deb, folder }: ImageParts): Promise<void> {
  const store = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run')];
  const own = [...store, '--storage-driver', 'vfs'];
  const buildah = async (...words: readonly string[]) =>
    (await run('buildah', [...own, ...words], { maxBuffer: 1 << 26 })).stdout.trim();

  const context = join(folder, 'context');
  await mkdir(join(context, 'packages'), { recursive: true });
  await cp(deb, join(context, 'packages', basename(deb)));
  const base = join(folder, 'base.tar');
  await run('tar', ['-C', root, '--exclude', './srv/*', '-cf', base, '.']);
  const empty = await buildah('from', 'scratch');
  await buildah('add', empty, base, '/');
  await buildah('commit', '--quiet', empty, 'localhost/debian');
  const recipe = [
    '--file',
    join(checkout, 'Containerfile'),
    '--build-arg',
    'BASE=localhost/debian',
  ];
  const how = ['--isolation', 'chroot', '--pull-never', '--format', 'docker'];
  await buildah('bud', ...how, ...recipe, '--tag', 'localhost/longshore', context);

  const { Docker } = JSON.parse(
    await buildah('inspect', '--type', 'image', 'localhost/longshore'),
  ) as { Docker: { config: ImageConfig } };
  const { User, Entrypoint, Cmd, Healthcheck } = Docker.config;
  expect(User).toBe(`${USER}:${USER}`);
  expect(Healthcheck.Test[0]).toBe('CMD');

  const container = await buildah('from', '--pull-never', 'localhost/longshore');
  const volumes = await openVolumes(folder);
  const inside = ['run', '--isolation', 'chroot', ...volumes, container, '--'];
  const daemon = spawn('buildah', [...own, ...inside, ...Entrypoint, ...Cmd], {
    stdio: 'ignore',
    detached: true, // a process group of its own: see ended
  });
  onTestFinished(() => ended(daemon));
  await eventually(async () => {
    await buildah(...inside, ...Healthcheck.Test.slice(1));
    expect(readFileSync(join(folder, 'copies/data/a.txt'), 'utf8')).toBe('one');
  }, PATIENCE_MS);
  expect(await buildah(...inside, 'id', '-u')).toBe(String(USER));
}

/** A source that the user of the image may read, and folders for what it writes. Returns the options that mount them. */
async function openVolumes(folder: string): Promise<readonly string[]> {
  const places = { data: '/srv/data:ro', copies: '/srv/copies', state: '/var/lib/longshore' };
  for (const name of Object.keys(places)) await mkdir(join(folder, name));
  for (const name of ['copies', 'state']) await chown(join(folder, name), USER, USER);
  await writeFile(join(folder, 'data', 'a.txt'), 'one', { mode: 0o644 });
  const config = join(folder, 'longshore.yaml');
  await writeFile(config, CONFIG, { mode: 0o644 });
  return [
    ...Object.entries(places).map(([name, place]) => `${join(folder, name)}:${place}`),
    `${config}:/etc/longshore/longshore.yaml:ro`,
  ].flatMap((volume) => ['--volume', volume]);
}

/**
 * buildah runs the daemon in a process below two of its own, which a signal to the outermost alone may leave behind.
 */
async function ended(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const end = new Promise((resolve) => child.on('close', resolve));
  signalGroup(pid, 'SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await end;
  signalGroup(pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
