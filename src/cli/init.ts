import { readFileSync } from 'node:fs';
import { chmod, chown, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readConfig } from '../config/load.js';
import { type Profile, readSharedProfiles } from '../drivers/s3/credentials/shared-files.js';
import { printable } from '../printable.js';
import { knownDrivers } from './drivers.js';
import { EXIT, exitCodeOfSignal, UsageError } from './exit.js';
import type { FoundAccount } from './init-account.js';
import { findAccounts } from './init-accounts.js';
import { type Answers, type GivenDestination, givenDestination } from './init-answers.js';
import { askForMissing, isYes } from './init-questions.js';
import { type PlacedSecrets, removeFiles, rightsOf, writeSecrets } from './init-secrets.js';
import { nextSteps } from './init-steps.js';
import { configurationOf, type Site } from './init-text.js';
import { tryTarget } from './init-trial.js';
import type { Io } from './io.js';
import { noteLine, openOutput } from './output.js';
import { openPrompt, type Prompt, QuestionsAbandonedError } from './prompt.js';

export interface InitCommand extends GivenDestination {
  /** `-`: stdout. */
  readonly file: string;
  /** The folder of the first mirror, seen from where the command runs. */
  readonly source: string | undefined;
  readonly deletes: string | undefined;
  /** Where the status page listens. */
  readonly statusPage: string | undefined;
  /** Try the target when the configuration is written. */
  readonly probe: boolean;
  /** Create the container when it is missing. */
  readonly create: boolean;
}

/** What is done once the configuration is there. */
interface Trial {
  readonly isWanted: boolean;
  readonly create: boolean;
}

const SYSTEM_FOLDER = '/etc/';

/**
 * `longshore init`: writes a configuration of about a dozen lines, to stdout for `-`, and tries its target. On a terminal it asks
 * for what the command line does not say. An existing file stays unchanged, unless it holds nothing but comments, as that of
 * the Debian package does: then its owner and mode stay.
 */
export async function init(command: InitCommand, io: Io): Promise<number> {
  const site = siteOf(command.file, io);
  if (!site.onStdout) await refuseOverwrite(site.path);
  const accounts = findAccounts(io.env, profilesOf(io), textOf);
  let answered: { readonly answers: Answers; readonly trial: Trial };
  try {
    answered = await answer(command, accounts, site, io);
  } catch (error) {
    if (!(error instanceof QuestionsAbandonedError)) throw error;
    noteLine(io.stderr, `nothing was written: ${error.message}`);
    return exitCodeOfSignal('SIGINT');
  }
  const { answers, trial } = answered;
  const { text, files } = configurationOf(answers, site, io.cwd);
  await readConfig(text, { cwd: dirname(site.path), env: io.env, drivers: knownDrivers });
  const output = openOutput(io.stdout);
  if (site.onStdout) {
    output.lines(text.trimEnd());
    await output.finish();
    return EXIT.OK;
  }
  await writeAll(site.path, text, files);
  output.line(`wrote ${printable(site.path)}`);
  for (const { name } of files) output.line(`wrote ${printable(name)} beside it, which is secret`);
  const code = trial.isWanted ? await tryTarget(site, trial, io) : EXIT.OK;
  for (const line of nextSteps(site, answers)) output.line(line);
  await output.finish();
  return code;
}

function siteOf(file: string, { cwd }: Pick<Io, 'cwd'>): Site {
  const onStdout = file === '-';
  const path = resolve(cwd, onStdout ? 'longshore.yaml' : file);
  return { file, path, onStdout, forService: path.startsWith(SYSTEM_FOLDER) };
}

/** Files that cannot be read are no reason not to write a configuration: they are named, and none of theirs is offered. */
function profilesOf({ env, stderr }: Pick<Io, 'env' | 'stderr'>): ReadonlyMap<string, Profile> {
  try {
    return readSharedProfiles(env);
  } catch (error) {
    noteLine(stderr, `warning: ${error instanceof Error ? error.message : String(error)}`);
    return new Map();
  }
}

/** A file that cannot be read is no account. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** From the command line, and on a terminal from a person, when the source or the place of the copies is missing. */
async function answer(
  command: InitCommand,
  accounts: readonly FoundAccount[],
  site: Site,
  io: Io,
): Promise<{ readonly answers: Answers; readonly trial: Trial }> {
  const { source, to, deletes, statusPage, probe, create } = command;
  const destination = givenDestination(command, accounts);
  const isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true && !site.onStdout;
  if (!isTerminal || (source !== undefined && to !== undefined))
    return {
      answers: { source, destination, deletes: deletes ?? 'mirror', page: statusPage },
      trial: { isWanted: probe, create },
    };
  const given = {
    ...(source !== undefined && { source }),
    ...(to !== undefined && { destination }),
    ...(deletes !== undefined && { deletes }),
    ...(statusPage !== undefined && { page: statusPage }),
  };
  const prompt = openPrompt(io);
  try {
    // What is this user's alone is of no use to the service.
    const offered = accounts.filter(({ isPersonal }) => !(site.forService && isPersonal));
    const context = { prompt, cwd: io.cwd, home: io.env['HOME'], accounts: offered };
    const answers = await askForMissing(given, context);
    return { answers, trial: { isWanted: await wantsTrial(prompt, answers), create: true } };
  } finally {
    prompt.close();
  }
}

function wantsTrial(prompt: Prompt, { destination }: Answers): Promise<boolean> {
  const what =
    destination.kind === 'folder'
      ? 'the folder for the copies'
      : `${JSON.stringify(destination.container)}, and create it if it is missing`;
  return isYes(prompt, `Try ${what}?`);
}

/** Before questions are asked, too. */
async function refuseOverwrite(path: string): Promise<void> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' || error.code === 'ENOTDIR' ? undefined : '?',
  );
  if (content !== undefined && !hasNoSetting(content))
    throw new UsageError(`${path} exists; it is not overwritten: remove it or name another file`);
}

function hasNoSetting(content: string): boolean {
  return !/^\s*[^#\s]/m.test(content);
}

/** The configuration last: while it is not there, a second try finds nothing in its way. */
async function writeAll(path: string, text: string, files: PlacedSecrets['files']): Promise<void> {
  let secrets: readonly string[] = [];
  try {
    secrets = await writeSecrets(path, files);
    const before = await rightsOf(path).catch(() => undefined);
    // It may come to hold secrets.
    await writeFile(path, text, { flag: before === undefined ? 'wx' : 'w', mode: 0o600 });
    if (before === undefined) return;
    for (const secret of secrets) {
      await chown(secret, before.uid, before.gid);
      await chmod(secret, before.mode);
    }
  } catch (error) {
    await removeFiles(secrets);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot write ${path}: ${reason}`, { cause: error });
  }
}
