import { access, constants, stat } from 'node:fs/promises';
import type { Config, MirrorConfig } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { secretsOfConfig } from '../config/config-secrets.js';
import { SecretError } from '../config/secret.js';
import { findDriver } from '../drivers/registry/registry.js';
import { logFileProblem } from '../log/log-file-trial.js';
import { printable } from '../printable.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { noteLine, openOutput } from './output.js';

const AS_ROOT =
  'longshore runs as root, and needs only to read its sources and to write to its state: give it a user of its own, with ' +
  'AmbientCapabilities=CAP_DAC_READ_SEARCH where it is to read files of every user (see systemd/longshore.service)';

/**
 * `longshore check`: validates a configuration without asking a provider: the file, its secrets, whether sources can be
 * read, and whether the log file can be written. Nothing is changed. `worker`: also whether a worker on this machine would get
 * jobs; that asks Redis and the targets, and puts a small object into each container for a moment.
 */
export async function check(
  configFile: string | undefined,
  { worker }: { readonly worker: boolean },
  io: Io,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const mirrors = worker ? workedMirrors(config) : config.mirrors;
  const problems = [
    ...missingSecrets(config),
    ...(await unopenableTargets(config, io)),
    ...newContainers(config),
    ...(await unreadableSources(mirrors)),
    ...(await unwritableLog(config.log)),
  ];
  for (const warning of config.warnings) noteLine(io.stderr, `warning: ${warning}`);
  if (io.uid === 0) noteLine(io.stderr, `warning: ${AS_ROOT}`);
  if (problems.length > 0)
    throw new ConfigError(problems.map((problem) => `${config.file}  ${problem}`).join('\n'));
  const output = openOutput(io.stdout);
  output.line(`${printable(config.file)}: good`);
  output.line(`  state ${printable(config.stateFolder)}`);
  for (const { name, source, target, container, prefix, inventory } of mirrors) {
    output.line(
      `  mirror ${name}: ${printable(source)} to ${printable(`${target}:${container}/${prefix}`)}`,
    );
    if (inventory !== undefined)
      output.line(
        `    its listing: inventory ${printable(inventory.id)} in ${printable(inventory.container)}; how old it is: longshore probe ${target}`,
      );
  }
  await output.finish();
  if (!worker || config.queue === undefined) return EXIT.OK;
  const { checkWorker } = await import('./check-worker.js');
  return checkWorker(config, mirrors, config.queue, io);
}

/** Those that workers help, with their sources as they are on this machine. */
function workedMirrors({ file, queue, worker, mirrors }: Config): readonly MirrorConfig[] {
  const worked = mirrors.filter(({ workers }) => workers);
  if (queue === undefined)
    throw new ConfigError(`${file}  a worker needs a queue: see docs/several-machines.md`);
  if (worked.length === 0)
    throw new ConfigError(`${file}  no mirror has "workers: true", so no worker is needed`);
  return worked.map((mirror) => ({
    ...mirror,
    source: worker.sources[mirror.name] ?? mirror.source,
  }));
}

function missingSecrets(config: Config): string[] {
  return secretsOfConfig(config).flatMap(({ path, secret }) => {
    try {
      const value = secret.reveal();
      return path.at(-1) === 'url' && !/^https?:\/\/./.test(value)
        ? [`${path.join('.')}: expected a URL that begins with https:// or http://`]
        : [];
    } catch (error) {
      return [`${path.join('.')}: ${messageOf(error)}`];
    }
  });
}

/** Settings that cannot work together, files that cannot be read: opening a driver finds them, and reaches no provider. */
async function unopenableTargets(
  { targets }: Config,
  { clock }: Pick<Io, 'clock'>,
): Promise<string[]> {
  const found = await Promise.all(
    targets.map(async ({ name, driver, settings }) => {
      try {
        await (await findDriver(driver).open(settings, { clock })).close();
        return [];
      } catch (error) {
        // The missing secret is reported already.
        return error instanceof SecretError ? [] : [`targets.${name}: ${messageOf(error)}`];
      }
    }),
  );
  return found.flat();
}

/** Complaints about names that no new container can have. Reading the configuration refuses names that no container has. */
function newContainers({ mirrors, targets }: Config): string[] {
  return mirrors.flatMap((mirror, position) => {
    const target = targets.find(({ name }) => name === mirror.target);
    const found = target && findDriver(target.driver).placeProblem?.(mirror, target.settings);
    if (!found?.onlyNew) return [];
    const name = JSON.stringify(mirror.container);
    return [
      `mirrors[${position}].container: no container can be created that is called ${name}: expected ${found.problem}`,
    ];
  });
}

async function unreadableSources(mirrors: readonly MirrorConfig[]): Promise<string[]> {
  const found = await Promise.all(
    mirrors.map((mirror, position) => unreadableSource(mirror, `mirrors[${position}].source`)),
  );
  return found.flat();
}

async function unreadableSource(
  { source, createSource }: MirrorConfig,
  path: string,
): Promise<string[]> {
  try {
    if (!(await stat(source)).isDirectory()) return [`${path}: ${source} is not a folder`];
    await access(source, constants.R_OK | constants.X_OK);
    return [];
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing)
      return createSource
        ? []
        : [`${path}: ${source} does not exist; make it, mount it, or set create_source: true`];
    return [`${path}: ${source} cannot be read: ${messageOf(error)}`];
  }
}

/** Tried by the user that runs the check, who is to be the one that runs the daemon. */
async function unwritableLog({ file }: Config['log']): Promise<string[]> {
  const problem = file && (await logFileProblem(file.path));
  if (problem === undefined) return [];
  return [
    `log.file.path: ${problem}; let the user that longshore runs as write there, or name another file`,
  ];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
