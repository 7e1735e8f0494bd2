import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../package-files.js';
import { forShell, printable } from '../printable.js';
import { EXIT, UsageError } from './exit.js';
import type { Io } from './io.js';
import { openOutput } from './output.js';

export interface InitCommand {
  readonly file: string;
  /** The folder of the first mirror, seen from where the command runs. */
  readonly source: string | undefined;
  /** The folder that its copies go to, likewise. */
  readonly to: string | undefined;
}

/** Configurations below it are those of the system, whose service has its state here (systemd/longshore.service). */
const SYSTEM_FOLDER = '/etc/';
const SYSTEM_STATE = '/var/lib/longshore';

/**
 * `longshore init`: writes a commented configuration, to stdout for `-`. An existing file stays unchanged, unless it holds
 * nothing but comments, as that of the Debian package does: then its owner and mode stay.
 */
export async function init({ file, source, to }: InitCommand, io: Io): Promise<number> {
  const onStdout = file === '-';
  const path = resolve(io.cwd, onStdout ? 'longshore.yaml' : file);
  const inFile = (given: string | undefined) => given && seenFrom(dirname(path), given, io.cwd);
  const text = adapted(await readFile(packageFile('config.example.yaml'), 'utf8'), {
    source: inFile(source),
    to: inFile(to),
    state: path.startsWith(SYSTEM_FOLDER) ? SYSTEM_STATE : undefined,
  });
  const output = openOutput(io.stdout);
  if (onStdout) {
    output.lines(text.trimEnd());
    await output.finish();
    return EXIT.OK;
  }
  await writeNew(path, text);
  const command = `longshore --config ${forShell(file)}`;
  output.line(`wrote ${printable(path)}`);
  output.line('Look it over, then:');
  output.line(`  ${command} check                  say what is wrong with it`);
  output.line(`  ${command} reconcile --dry-run    show what would be done`);
  output.line(`  ${command} run                    mirror until stopped`);
  await output.finish();
  return EXIT.OK;
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    const flag = (await saysNothing(path)) ? 'w' : 'wx';
    await writeFile(path, text, { flag, mode: 0o600 }); // it may come to hold secrets
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST')
      throw new UsageError(
        `${path} exists; it is not overwritten: remove it or name another file`,
        { cause: error },
      );
    throw new Error(
      `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** Whether it is a file without any setting. False where nothing is, or nothing can be read. */
async function saysNothing(path: string): Promise<boolean> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  return content !== undefined && !/^\s*[^#\s]/m.test(content);
}

/** Relative paths in a configuration are relative to its file. */
function seenFrom(folder: string, given: string, cwd: string): string {
  if (isAbsolute(given) || folder === resolve(cwd)) return given;
  const path = resolve(cwd, given);
  const inside = relative(folder, path);
  return inside.split(sep)[0] === '..' || isAbsolute(inside) ? path : `./${inside}`;
}

/** The example with the user's own folders in it, as they are to stand there. */
export function adapted(
  example: string,
  {
    source,
    to,
    state,
  }: Pick<InitCommand, 'source' | 'to'> & { readonly state?: string | undefined },
): string {
  const withSchema = example.replace(
    '$schema=./config.schema.json',
    () => `$schema=${fileURLToPath(packageFile('config.schema.json'))}`,
  );
  const withTarget =
    to === undefined
      ? withSchema
      : withSchema.replace('root: ./containers', () => `root: ${JSON.stringify(to)}`);
  const withState =
    state === undefined ? withTarget : withTarget.replace('state: ./.longshore', `state: ${state}`);
  if (source === undefined) return withState;
  const name =
    basename(source)
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 64) || 'first';
  return withState
    .replace('source: ./data', () => `source: ${JSON.stringify(source)}`)
    .replace('create_source: true', '#create_source: true')
    .replace('name: documents', () => `name: ${name}`)
    .replace('container: documents', () => `container: ${JSON.stringify(name.toLowerCase())}`);
}
