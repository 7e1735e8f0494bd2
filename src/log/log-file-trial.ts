import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Why this process could not log to the file at an absolute path, in words for a person; undefined: it could. A file that is there
 * is opened, and nothing is written to it. Where it, an older one or their folder would be created, an empty file is created and
 * removed again: at the end all is as it was.
 */
export async function logFileProblem(path: string): Promise<string | undefined> {
  try {
    return (await existingProblem(path)) ?? (await folderProblem(dirname(path)));
  } catch (error) {
    return `${path} cannot be written: ${reasonOf(error)}`;
  }
}

/** As the log opens it, but it is not created: a FIFO without a reader must not hold this up. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_NONBLOCK;

async function existingProblem(path: string): Promise<string | undefined> {
  const there = await stat(path).catch(ifMissing);
  if (there === undefined) return undefined;
  if (there.isDirectory()) return `${path} is a folder; name a file in it`;
  if (!there.isFile()) return `${path} is not a regular file`;
  await (await open(path, FLAGS)).close();
  return undefined;
}

/** A full log file is renamed, and a new one is created: so the folder must be writable where the file is there, too. */
async function folderProblem(folder: string): Promise<string | undefined> {
  const existing = await nearestExisting(folder);
  const trial = join(existing, `.longshore-check-${randomUUID()}`);
  try {
    await (await open(trial, 'wx', 0o600)).close();
  } catch (error) {
    return `no file can be created in ${existing}: ${reasonOf(error)}`;
  }
  await rm(trial);
  return undefined;
}

/** The log creates the folders that are missing. */
async function nearestExisting(folder: string): Promise<string> {
  const there = await stat(folder).catch(ifMissing);
  return there === undefined ? nearestExisting(dirname(folder)) : folder;
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** What the codes of open(2) mean here. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ENOTDIR: 'a part of its path is no folder',
  EROFS: 'its file system is mounted read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the quota of this user is used up',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code];
  return reason === undefined ? message : `${reason} (${code})`;
}
