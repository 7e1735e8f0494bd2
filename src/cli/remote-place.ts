import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Config, MirrorConfig, TargetConfig } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { read } from '../config/fields.js';
import { didYouMean } from '../config/suggest.js';
import { StorageError } from '../drivers/errors.js';
import { rootAbove } from '../drivers/local/root.js';
import { builtinDrivers, findDriver } from '../drivers/registry/registry.js';
import { OWN_FOLDER } from '../sync/reserved-names.js';
import type { LinkMode } from '../watcher/links.js';
import { findTarget } from './drivers.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { findMirror, openConfig } from './open-config.js';

/** Where objects are read from. */
export interface RemotePlace {
  readonly target: TargetConfig;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly trashPrefix: string;
  readonly symlinks: LinkMode;
  /** The mirror of the configuration that was named; undefined: the container alone was. */
  readonly mirror: { readonly config: Config; readonly settings: MirrorConfig } | undefined;
}

/** Settings on the command line, for a container that no configuration describes. */
export interface PlaceOptions {
  readonly profile?: string;
  readonly region?: string;
  readonly endpoint?: string;
  /** `KEY=VALUE` each. */
  readonly option?: readonly string[];
}

const DEFAULT_TRASH = `${OWN_FOLDER}trash/`;

/**
 * Finds the place that a text names: a mirror of the configuration; `TARGET:CONTAINER[/PREFIX]` with a target of it; or
 * `DRIVER:CONTAINER[/PREFIX]` (`local:PATH`) without any configuration. Rejects with UsageError or ConfigError.
 */
export async function findPlace(
  configFile: string | undefined,
  text: string,
  options: PlaceOptions,
  io: Pick<Io, 'cwd' | 'env' | 'stdin'>,
): Promise<RemotePlace> {
  const colon = text.indexOf(':');
  if (colon < 0) return placeOfMirror(await openConfig(io, configFile), text, options);
  const [name, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  const config = await configWithTarget(configFile, name, io);
  if (config !== undefined) {
    refuseOptions(options, `target ${name} of the configuration`);
    return placeAt(findTarget(config, name), rest);
  }
  return placeAt(...driverTarget(name, rest, options, io));
}

function placeOfMirror(config: Config, name: string, options: PlaceOptions): RemotePlace {
  refuseOptions(options, `mirror ${name} of the configuration`);
  const settings = findMirror(config, name);
  const { container, prefix, trashPrefix, symlinks } = settings;
  const target = findTarget(config, settings.target);
  return { target, container, prefix, trashPrefix, symlinks, mirror: { config, settings } };
}

/** The configuration, if there is one with such a target. One that was not asked for need not be sound, or be there. */
async function configWithTarget(
  configFile: string | undefined,
  target: string,
  io: Pick<Io, 'cwd' | 'env' | 'stdin'>,
): Promise<Config | undefined> {
  try {
    const config = await openConfig(io, configFile, 'targets');
    return config.targets.some(({ name }) => name === target) ? config : undefined;
  } catch (error) {
    if (configFile !== undefined || !(error instanceof ConfigError)) throw error;
    return undefined;
  }
}

function refuseOptions({ profile, region, endpoint, option = [] }: PlaceOptions, of: string): void {
  if (profile ?? region ?? endpoint ?? option[0])
    throw new UsageError(
      `--profile, --region, --endpoint and --option are for a container that is named as DRIVER:CONTAINER; ${of} has its own settings`,
    );
}

function placeAt(target: TargetConfig, path: string): RemotePlace {
  const { container, prefix } = containerAndPrefix(path);
  if (container === '')
    throw new UsageError(
      `expected the name of a mirror, or DRIVER:CONTAINER[/PREFIX] such as s3:backups/laptop, got no container in ${JSON.stringify(path)}`,
    );
  return {
    target,
    container,
    prefix,
    trashPrefix: DEFAULT_TRASH,
    symlinks: 'preserve',
    mirror: undefined,
  };
}

/** The two parts of `CONTAINER[/PREFIX]`; the prefix is empty or ends in `/`. */
export function containerAndPrefix(path: string): {
  readonly container: string;
  readonly prefix: string;
} {
  const slash = path.indexOf('/');
  if (slash < 0) return { container: path, prefix: '' };
  const prefix = path.slice(slash + 1);
  return {
    container: path.slice(0, slash),
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
  };
}

function driverTarget(
  driver: string,
  rest: string,
  options: PlaceOptions,
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
): [TargetConfig, string] {
  const kind = findKind(driver);
  const isLocal = kind.name === 'local';
  const [root, path] = isLocal ? localPlace(resolve(cwd, rest)) : ['', rest];
  const written = isLocal ? { root, create: false } : settingsOfPlace(kind.name, options);
  const { value, complaints } = read(kind.settings({ folder: cwd, env }), written);
  if (complaints !== undefined)
    throw new UsageError(
      complaints.map(({ path: at, message }) => `${at.join('.') || driver}: ${message}`).join('\n'),
    );
  const target = {
    name: driver,
    driver: kind.name,
    settings: value,
    concurrency: undefined,
    bandwidth: undefined,
    requestRate: undefined,
    multipartThreshold: Number.POSITIVE_INFINITY,
    partSize: undefined,
  };
  return [target, path];
}

/** The driver that a place begins with. @throws UsageError when there is none of this name */
export function findKind(driver: string) {
  try {
    return findDriver(driver);
  } catch (error) {
    if (error instanceof StorageError) {
      const meant = didYouMean(
        driver,
        builtinDrivers.map(({ name }) => name),
      );
      throw new UsageError(
        `${error.message}; nor has a configuration a target of this name${meant}`,
      );
    }
    throw error;
  }
}

/** The root of a local target, and the container and prefix in it that a path leads to. */
function localPlace(path: string): [root: string, path: string] {
  const root = rootAbove(path) ?? dirname(path);
  if (!existsSync(path)) throw new UsageError(`there is no folder ${path}`);
  return [root, path === root ? basename(path) : path.slice(root === '/' ? 1 : root.length + 1)];
}

/** Settings of a target, as a configuration has them, from those of the command line. @throws UsageError */
export function settingsOfPlace(
  driver: string,
  { profile, region, endpoint, option = [] }: PlaceOptions,
): Readonly<Record<string, unknown>> {
  return {
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && settingsOfEndpoint(driver, endpoint)),
    ...Object.fromEntries(option.map(settingOf)),
  };
}

/** `https://HOST[:PORT]` of an S3 service; for Swift the URL where tokens come from. */
function settingsOfEndpoint(driver: string, endpoint: string): Readonly<Record<string, unknown>> {
  if (driver === 'swift') return { auth_url: endpoint };
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    !['', '/'].includes(url.pathname)
  )
    throw new UsageError(
      '--endpoint: expected a URL such as https://s3.example.com:9000, without a path',
    );
  return {
    host: url.hostname,
    secure: url.protocol === 'https:',
    ...(url.port !== '' && { port: Number(url.port) }),
  };
}

/** A setting as the configuration has it under a target; `{…}` and `"…"` are read as JSON, true, false and numbers as such. */
function settingOf(text: string): [string, unknown] {
  const [, key, value] = /^([a-z0-9_]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new UsageError(
      '--option: expected KEY=VALUE with a setting of the driver, such as addressing=path',
    );
  if (!/^(true|false|\d{1,15}|".*"|\{.*\}|\[.*\])$/s.test(value)) return [key, value];
  try {
    return [key, JSON.parse(value)];
  } catch {
    throw new UsageError(`--option ${key}: its value is not the JSON that it begins as`);
  }
}
