import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Backend } from '../drivers/backend.js';
import { makeFolders } from '../make-folders.js';
import { OVERWRITES, type Overwrite } from '../restore/existing.js';
import { NO_FOLDERS, openFolderTree } from '../restore/folder-tree.js';
import { listCurrent } from '../restore/list-current.js';
import type { RestoreContext, RestoreSource } from '../restore/restore-context.js';
import { restoreAll } from '../restore/restore-run.js';
import { openSelection, type Selection } from '../restore/selection.js';
import { openStaging } from '../restore/staging.js';
import { openTarget } from './drivers.js';
import { UsageError } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openOutput } from './output.js';
import { findPlace, type PlaceOptions, type RemotePlace } from './remote-place.js';
import { openIndexEvidence } from './restore-index.js';
import { openRestoreReport } from './restore-report.js';

export interface RestoreOptions extends PlaceOptions {
  readonly to: string;
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
  const place = await findPlace(configFile, asked.place, options, io);
  const folder = resolve(io.cwd, options.to);
  const output = openOutput(io.stdout);
  return interruptible(io, async (signal) => {
    const backend = await openTarget(place.target, io, signal);
    const report = openRestoreReport(output, io.stderr, options);
    const selection = openSelection(asked.paths);
    const index = await openIndexEvidence(place, io, signal);
    try {
      const base = { backend, clock: io.clock, recordOf: index.recordOf };
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
      const sources = sourcesOf(backend, place, selection, signal);
      await inFolder(folder, { ...base, rules }, (ctx) =>
        restoreAll(ctx, sources, { lanes, report: report.report, signal }),
      );
      for (const text of selection.unmatched()) report.missing(text);
      const code = report.finish();
      await output.finish();
      return code;
    } finally {
      await index.close();
      await backend.close();
    }
  });
}

function sourcesOf(
  backend: Backend,
  place: RemotePlace,
  selection: Selection,
  signal: AbortSignal,
): AsyncIterable<RestoreSource> {
  return listCurrent(backend, place, selection, signal);
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
