import { dirname, isAbsolute } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Config, MirrorConfig } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { configPlaces, findConfig } from '../config/find.js';
import type { Needs } from '../config/interpret.js';
import { loadConfig, readConfig } from '../config/load.js';
import { didYouMean } from '../config/suggest.js';
import { knownDrivers } from './drivers.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';

/**
 * Reads the configuration that `--config` names, or the first that is found in the usual places. `-` is stdin; its relative
 * paths are seen from the current folder. `needs`: what the command needs of it; by default mirrors.
 */
export async function openConfig(
  io: Pick<Io, 'cwd' | 'env' | 'stdin'>,
  named: string | undefined,
  needs?: Needs,
): Promise<Config> {
  const { env } = io;
  const options = { env, drivers: knownDrivers, needs };
  // `io.cwd` throws where the current folder was removed, and an absolute path needs none.
  if (named !== undefined && isAbsolute(named))
    return loadConfig(named, { ...options, cwd: dirname(named) });
  const { cwd } = io;
  return named === '-'
    ? readConfig(await text(io.stdin), { ...options, cwd })
    : loadConfig(named ?? (await searchConfig(cwd, env)), { ...options, cwd });
}

async function searchConfig(cwd: string, env: Io['env']): Promise<string> {
  const places = configPlaces(cwd, env);
  const found = await findConfig(places);
  if (found === undefined) {
    throw new ConfigError(
      `no configuration: none of ${places.join(', ')} exists; name one with --config FILE, or write a commented one with: longshore init`,
    );
  }
  return found;
}

export function findMirror(config: Config, name: string): MirrorConfig {
  checkMirrorNames(config, [name]);
  const mirror = config.mirrors.find((each) => each.name === name);
  if (mirror === undefined) throw new TypeError(`mirror ${name} was found and is not there`);
  return mirror;
}

/** Refuses names of mirrors that the configuration does not have. */
export function checkMirrorNames({ mirrors }: Config, wanted: readonly string[]): void {
  const known = mirrors.map(({ name }) => name);
  const wrong = wanted.filter((name) => !known.includes(name));
  if (wrong.length === 0) return;
  const lines = wrong.map(
    (name) => `no mirror is called ${JSON.stringify(name)}${didYouMean(name, known)}`,
  );
  throw new UsageError(`${lines.join('\n')}\nmirrors: ${known.join(', ')}`);
}
