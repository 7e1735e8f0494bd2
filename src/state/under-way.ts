import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { readIfPresent, removeTemporaryFiles, syncFolder, writeDurably } from './durable-file.js';
import { reasonOf, StateDamagedError, StateUnavailableError, systemCode } from './errors.js';
import type { ObjectName } from './object-index.js';
import { sealJson, unsealJson } from './sealed-json.js';
import { setAside } from './set-aside.js';

/** Names whose objects other processes may be about to write. */
export interface NamesUnderWay {
  readonly names: readonly ObjectName[];
  /** No other process is about to write them any more. Never rejects: names that stay are looked at once more than needed. */
  forget(): Promise<void>;
}

/** A journal of names under way elsewhere, which survives this process. */
export interface UnderWay {
  /** Those that an earlier process has left. */
  readonly left: readonly NamesUnderWay[];
  /** Resolves when the names are on the disk. @throws StateUnavailableError */
  note(names: readonly ObjectName[]): Promise<NamesUnderWay>;
}

export interface UnderWayOptions {
  /** Of the mirror's state. */
  readonly folder: string;
  readonly mirror: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const FORMAT = 'longshore names under way';
const FILE = /^(\d+)\.json$/;

/**
 * Opens the journal of a mirror: a file for each group of names, in a folder that is made with the first. A damaged file is set
 * aside: the next reconcile finds what became of its names.
 *
 * @throws StateUnavailableError when it cannot be read.
 */
export async function openUnderWay(options: UnderWayOptions): Promise<UnderWay> {
  const folder = join(options.folder, 'under-way');
  const found = await numbersIn(folder);
  // What a kill has left there counts as nothing, and is not worth to fail for.
  if (found !== undefined) await removeTemporaryFiles(folder).catch(() => undefined);
  const numbers = found ?? [];
  const left: NamesUnderWay[] = [];
  for (const number of numbers) {
    const names = await namesIn(fileOf(folder, number), options);
    if (names !== undefined) left.push(noted(fileOf(folder, number), names));
  }
  let last = Math.max(0, ...numbers);
  let isMade = found !== undefined;

  return {
    left,
    async note(names) {
      const file = fileOf(folder, ++last);
      if (!isMade) await make(folder, options.folder);
      isMade = true;
      await writeDurably(file, sealJson({ format: FORMAT, version: 1, names }));
      return noted(file, names);
    },
  };
}

function fileOf(folder: string, number: number): string {
  return join(folder, `${number}.json`);
}

function noted(file: string, names: readonly ObjectName[]): NamesUnderWay {
  return { names, forget: () => rm(file, { force: true }).catch(() => undefined) };
}

async function make(folder: string, parent: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(parent);
  } catch (error) {
    throw new StateUnavailableError(folder, `cannot be made: ${reasonOf(error)}`, error);
  }
}

/** Undefined: the folder was never made. */
async function numbersIn(folder: string): Promise<readonly number[] | undefined> {
  try {
    return (await readdir(folder)).flatMap((name) => {
      const number = FILE.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new StateUnavailableError(folder, `cannot be read: ${reasonOf(error)}`, error);
  }
}

/** Undefined: the file was damaged, and is set aside. */
async function namesIn(
  file: string,
  { mirror, clock, log }: UnderWayOptions,
): Promise<readonly ObjectName[] | undefined> {
  try {
    const text = await readIfPresent(file);
    return text === undefined ? undefined : readNames(text, file);
  } catch (error) {
    if (!(error instanceof StateDamagedError)) throw error;
    const kept = await setAside(file, [], clock);
    log.warn('names under way unknown', { mirror, error, kept, until: 'the next reconcile' });
    return undefined;
  }
}

function readNames(text: string, file: string): readonly ObjectName[] {
  const { format, version, names } = (unsealJson(text, file) ?? {}) as Record<string, unknown>;
  const isKnown = format === FORMAT && version === 1 && Array.isArray(names);
  if (!isKnown || !names.every((name) => typeof name === 'string'))
    throw new StateDamagedError(file, 'does not say which names are under way');
  return names;
}
