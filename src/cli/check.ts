import { access, constants, stat } from 'node:fs/promises';
import type { Config, MirrorConfig } from '../config/config.js';
import { ConfigError } from '../config/load.js';
import { secretsIn } from '../config/secret.js';
import { escapeUnprintable, printable } from '../log/printable.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { openOutput } from './output.js';

/**
 * `longshore check`: everything that can be said about a configuration without asking a provider: the file itself, whether
 * secrets are where it says, and whether sources can be read.
 */
export async function check(configFile: string | undefined, io: Io): Promise<number> {
  const config = await openConfig(io, configFile);
  const problems = [...missingSecrets(config), ...(await unreadableSources(config.mirrors))];
  for (const warning of config.warnings) io.stderr.write(`warning: ${escapeUnprintable(warning)}\n`);
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${config.file}  ${problem}`).join('\n'));
  const output = openOutput(io.stdout);
  output.line(`${printable(config.file)}: good`);
  output.line(`  state ${printable(config.stateFolder)}`);
  for (const { name, source, target, container, prefix } of config.mirrors) {
    output.line(`  mirror ${name}: ${printable(source)} to ${printable(`${target}:${container}/${prefix}`)}`);
  }
  await output.finish();
  return EXIT.OK;
}

function missingSecrets({ targets }: Config): string[] {
  return targets.flatMap(({ name, settings }) =>
    secretsIn(settings).flatMap(({ path, secret }) => {
      try {
        secret.reveal();
        return [];
      } catch (error) {
        return [`targets.${[name, ...path].join('.')}: ${messageOf(error)}`];
      }
    }),
  );
}

async function unreadableSources(mirrors: readonly MirrorConfig[]): Promise<string[]> {
  const found = await Promise.all(mirrors.map((mirror, position) => unreadableSource(mirror, `mirrors[${position}].source`)));
  return found.flat();
}

async function unreadableSource({ source, createSource }: MirrorConfig, path: string): Promise<string[]> {
  try {
    if (!(await stat(source)).isDirectory()) return [`${path}: ${source} is not a folder`];
    await access(source, constants.R_OK | constants.X_OK);
    return [];
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing) return createSource ? [] : [`${path}: ${source} does not exist; make it, mount it, or set create_source: true`];
    return [`${path}: ${source} cannot be read: ${messageOf(error)}`];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
