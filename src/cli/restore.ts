import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseTime } from '../clock.js';
import { syncNames } from '../drivers/sync-path.js';
import { makeFolders } from '../make-folders.js';
import { OVERWRITES, type Overwrite } from '../restore/existing.js';
import { NO_FOLDERS, openFolderTree } from '../restore/folder-tree.js';
import { listSources } from '../restore/list-sources.js';
import type { RestoreContext, RestoreRules } from '../restore/restore-context.js';
import type { RestoreEvent } from '../restore/restore-events.js';
import { restoreAll } from '../restore/restore-run.js';
import { openSelection, type Selection } from '../restore/selection.js';
import { openStaging } from '../restore/staging.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { type PlaceCommand, withPlace } from './open-place.js';
import { noteLine } from './output.js';
import { withSnapshot } from './placed-cut.js';
import type { PlaceOptions, RemotePlace } from './remote-place.js';
import { openRestoreProgress } from './restore-progress.js';
import { openRestoreReport } from './restore-report.js';
import { openShardSources, type ShardSources } from './restore-shard.js';
import { shardOption } from './shard-option.js';
import { openSnapshotEvidence } from './snapshot-evidence.js';

export interface RestoreOptions extends PlaceOptions {
  readonly to: string;
  readonly at?: string;
  readonly overwrite: string;
  readonly links: boolean;
  readonly owner: boolean;
  readonly specialBits: boolean;
  readonly xattr: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly shard?: string;
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
  const rules = { overwrite, atMs, folder: resolve(io.cwd, options.to) };
  const shard = options.shard === undefined ? undefined : shardOption(options.shard);
  if (shard !== undefined && atMs !== undefined)
    throw new UsageError('--shard restores what is there now: leave one of --shard and --at out');
  return withPlace(configFile, asked.place, options, io, (command) =>
    shard === undefined
      ? restorePlace(command, asked, options, rules)
      : withSnapshot(command, async (snapshot) => {
          const opened = await openShardSources(command, snapshot, shard, asked.paths);
          try {
            return await restorePlace(command, asked, options, { ...rules, shard: opened });
          } finally {
            opened.close();
          }
        }),
  );
}

interface PlaceRules {
  readonly overwrite: Overwrite;
  readonly atMs: number | undefined;
  /** Absolute. */
  readonly folder: string;
  /** Undefined: everything that is asked for is restored. */
  readonly shard?: ShardSources;
}

async function restorePlace(
  command: PlaceCommand,
  asked: { readonly place: string; readonly paths: readonly string[] },
  options: RestoreOptions,
  { overwrite, atMs, folder, shard }: PlaceRules,
): Promise<number> {
  const { place, backend, index, output, io, signal } = command;
  const selection = openSelection(asked.paths);
  const list = (chosen: Selection, within: AbortSignal) =>
    shard === undefined
      ? listSources(backend, place, chosen, atMs, within)
      : shard.list(chosen, within);
  const progress = openRestoreProgress(
    asked.place,
    io,
    !options.json && !options.dryRun,
    (within) => list(openSelection(asked.paths), within),
    signal,
  );
  const { json, dryRun } = options;
  const report = openRestoreReport(output, progress.stderr, { json, dryRun, shard: shard?.of });
  const lanes = Math.min(MOST_LANES, place.target.concurrency ?? backend.capabilities.concurrency);
  const snapshot = openSnapshotEvidence(
    backend,
    place,
    (text) => noteLine(progress.stderr, text),
    signal,
  );
  const base = {
    backend,
    clock: io.clock,
    recordOf: index.recordOf,
    recordInSnapshot: shard?.recordOf ?? snapshot.recordOf,
    onBytes: progress.onBytes,
  };
  const onEvent = (event: RestoreEvent) => {
    progress.onEvent(event);
    report.report(event);
  };
  try {
    await inFolder(folder, { ...base, rules: rulesOf(options, overwrite, place) }, (ctx) =>
      restoreAll(ctx, list(selection, signal), {
        lanes,
        shard: shard?.others,
        report: onEvent,
        signal,
      }),
    );
    const missing = selection.unmatched();
    for (const text of await (shard?.missing(missing, signal) ?? missing)) report.missing(text);
  } finally {
    await snapshot.close();
    await progress.close();
  }
  return report.finish();
}

function rulesOf(
  { links, owner, specialBits, xattr, dryRun }: RestoreOptions,
  overwrite: Overwrite,
  { symlinks }: RemotePlace,
): RestoreRules {
  return {
    overwrite,
    links: links && symlinks === 'preserve',
    owner,
    specialBits,
    extended: xattr,
    dryRun,
  };
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
      await syncNames(folder); // a journal keeps what came before it, as the names in other folders
    } finally {
      tree.close();
    }
  } finally {
    staging.close();
  }
}
