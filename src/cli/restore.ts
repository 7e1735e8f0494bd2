import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseTime } from '../clock.js';
import { makeFolders } from '../make-folders.js';
import { OVERWRITES, type Overwrite } from '../restore/existing.js';
import { NO_FOLDERS, openFolderTree } from '../restore/folder-tree.js';
import { listSources } from '../restore/list-sources.js';
import type { RestoreContext } from '../restore/restore-context.js';
import { restoreAll } from '../restore/restore-run.js';
import { openSelection } from '../restore/selection.js';
import { openStaging } from '../restore/staging.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { withPlace } from './open-place.js';
import type { PlaceOptions } from './remote-place.js';
import { openRestoreReport } from './restore-report.js';

export interface RestoreOptions extends PlaceOptions {
  readonly to: string;
  readonly at?: string;
  readonly overwrite: string;
  readonly links: boolean;
  readonly owner: boolean;
  readonly specialBits: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** More would not be faster, and each holds a file and a connection. */
const MOST_LANES = 64;

/** `longshore restore`: verified downloads into a folder. INCOMPLETE when something could not be restored. */
export async function restore(
  configFile: string | undefined,
  asked: { readonly place: string; readonly paths: readonly string[] },
  options: RestoreOptions,
  io: Io,
): Promise<number> {
  const overwrite = overwriteOf(options.overwrite);
  const atMs = momentOption(options.at);
  const folder = resolve(io.cwd, options.to);
  return withPlace(configFile, asked.place, options, io, async (command) => {
    const { place, backend, index, output, signal } = command;
    const report = openRestoreReport(output, io.stderr, options);
    const selection = openSelection(asked.paths);
    const rules = {
      overwrite,
      links: options.links && place.symlinks === 'preserve',
      owner: options.owner,
      specialBits: options.specialBits,
      dryRun: options.dryRun,
    };
    const lanes = Math.min(
      MOST_LANES,
      place.target.concurrency ?? backend.capabilities.concurrency,
    );
    const sources = listSources(backend, place, selection, atMs, signal);
    const base = { backend, clock: io.clock, recordOf: index.recordOf, rules };
    await inFolder(folder, base, (ctx) =>
      restoreAll(ctx, sources, { lanes, report: report.report, signal }),
    );
    for (const text of selection.unmatched()) report.missing(text);
    return report.finish();
  });
}

/** Milliseconds since the epoch. @throws UsageError */
export function momentOption(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseTime(text);
  if (text === undefined || ms !== undefined) return ms;
  throw new UsageError(
    `--at: expected a time such as 2026-11-22T17:38:05Z, got ${JSON.stringify(text)}`,
  );
}

function overwriteOf(text: string): Overwrite {
  const found = OVERWRITES.find((each) => each === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `--overwrite: expected one of ${OVERWRITES.join(', ')}, got ${JSON.stringify(text)}`,
  );
}

/** Opens the folder that is restored to, which is made unless it is a dry run. */
async function inFolder(
  folder: string,
  base: Omit<RestoreContext, 'tree' | 'staging' | 'foldsCase'>,
  work: (ctx: RestoreContext) => Promise<void>,
): Promise<void> {
  if (base.rules.dryRun) {
    const tree = existsSync(folder) ? openFolderTree(folder, false) : NO_FOLDERS;
    try {
      return await work({ ...base, tree, staging: undefined, foldsCase: false });
    } finally {
      tree.close();
    }
  }
  await makeFolders(folder);
  const staging = await openStaging(folder);
  try {
    const { foldsCase } = staging;
    const tree = openFolderTree(folder, foldsCase);
    try {
      await work({ ...base, tree, staging, foldsCase });
    } finally {
      tree.close();
    }
  } finally {
    staging.close();
  }
}
