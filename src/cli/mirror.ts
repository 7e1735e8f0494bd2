import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { writeDurably } from '../state/durable-file.js';
import { UsageError } from './exit.js';
import type { Io, Program } from './io.js';
import { once } from './once.js';
import { noteLine } from './output.js';
import {
  containerAndPrefix,
  findKind,
  type PlaceOptions,
  settingsOfPlace,
} from './remote-place.js';
import { serve } from './serve.js';

export interface MirrorCommand extends PlaceOptions {
  /** The folder to mirror, seen from where the command runs. */
  readonly source: string;
  /** `DRIVER:CONTAINER[/PREFIX]`, or `local:PATH`. */
  readonly place: string;
  /** Compare once and end, instead of watching. */
  readonly once: boolean;
  readonly exclude: readonly string[];
  readonly deletes: string | undefined;
}

/**
 * `longshore mirror FOLDER PLACE`: mirrors without a configuration of the user's. It writes one into a state folder that the
 * two places determine: the next call goes on from there, and other commands can be given it.
 */
export async function mirror(command: MirrorCommand, io: Io, program: Program): Promise<number> {
  const source = resolve(io.cwd, command.source);
  const place = placeOf(command, io);
  const state = stateFolder(source, place, io);
  const { exclude, deletes } = command;
  const configuration = {
    state,
    targets: { [place.driver]: { driver: place.driver, ...place.settings } },
    mirrors: [
      {
        name: nameOf(source),
        source,
        target: place.driver,
        container: place.container,
        ...(place.prefix !== '' && { prefix: place.prefix }),
        ...(exclude.length > 0 && { exclude }),
        ...(deletes !== undefined && { deletes }),
      },
    ],
  };
  const file = join(state, 'longshore.yaml');
  await mkdir(state, { recursive: true, mode: 0o700 });
  // JSON is YAML.
  await writeDurably(
    file,
    `# Written by longshore mirror, at each call.\n${JSON.stringify(configuration, null, 2)}\n`,
  );
  noteLine(io.stderr, `other commands find this mirror with --config ${file}`);
  if (!command.once) return serve(file, { takeOver: false }, io, program);
  const run = {
    run: 'reconcile',
    mirrors: [],
    dryRun: false,
    json: false,
    takeOver: false,
  } as const;
  return once(file, run, io, program);
}

interface Place {
  readonly driver: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly container: string;
  readonly prefix: string;
}

function placeOf({ place, ...options }: MirrorCommand, { cwd }: Pick<Io, 'cwd'>): Place {
  const colon = place.indexOf(':');
  const rest = place.slice(colon + 1);
  if (colon <= 0 || rest === '')
    throw new UsageError(
      `expected DRIVER:CONTAINER[/PREFIX] such as s3:backups/laptop, or local:PATH, got ${JSON.stringify(place)}`,
    );
  const driver = findKind(place.slice(0, colon)).name;
  if (driver !== 'local')
    return { driver, settings: settingsOfPlace(driver, options), ...containerAndPrefix(rest) };
  const path = resolve(cwd, rest);
  return { driver, settings: { root: dirname(path) }, container: basename(path), prefix: '' };
}

/** In the user's folder for such data (XDG Base Directory Specification): one for each pair of source and place. */
function stateFolder(source: string, place: Place, { env, cwd }: Pick<Io, 'env' | 'cwd'>): string {
  const home = env['HOME'];
  const base = env['XDG_STATE_HOME'] || (home ? join(home, '.local/state') : undefined);
  if (base === undefined)
    throw new UsageError('there is no place for the index: set HOME or XDG_STATE_HOME');
  const identity = JSON.stringify([
    source,
    place.driver,
    place.settings,
    place.container,
    place.prefix,
  ]);
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return join(resolve(cwd, base), 'longshore', `${nameOf(source)}-${digest}`);
}

/** A name that a configuration takes. */
function nameOf(source: string): string {
  const name = basename(source)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 40);
  return name || 'mirror';
}
