import { tmpdir } from 'node:os';
import { openGate } from '../drivers/gate.js';
import { eachInParallel } from '../drivers/parallel.js';
import { createRangeThreads } from '../sync/ranges/range-threads.js';
import { openSpill, type Spill } from '../sync/scan/spill.js';
import { type DescribedObject, describeObject } from './described-object.js';
import { type FoldersByDepth, openFoldersByDepth } from './folders-by-depth.js';
import { linkGroups } from './link-groups.js';
import { type PathedSource, packSmallFiles, type RestoreUnit } from './pack-small.js';
import { reopeningFolders } from './reopened-folders.js';
import type { RestoreContext, RestoreRules, RestoreSource } from './restore-context.js';
import type { RestoreEvent, RestoreOutcome } from './restore-events.js';
import { problemOf, RestoreError } from './restore-failure.js';
import { type FileResult, restoreFile } from './restore-file.js';
import { finishFolder, makeFolder } from './restore-folders.js';
import { restoreLink } from './restore-link.js';
import { type LinkedSource, type MadeFiles, restoreLinked } from './restore-linked.js';
import type { RestoreShard } from './restore-shard.js';
import { openSmallRestore } from './restore-small.js';
import { type RestoredPath, restoredPath } from './restored-path.js';

export interface RestoreRunOptions {
  /** Objects under way at once. */
  readonly lanes: number;
  /** Undefined: no other process restores into the same folder. */
  readonly shard?: RestoreShard | undefined;
  readonly report: (event: RestoreEvent) => void;
  readonly signal: AbortSignal;
}

/** Of many small files each; in memory at once. */
const MOST_BATCHES = 3;

/**
 * Restores all sources, in bounded memory: first the files, then those with several names, then the links, which could lead the
 * files below them elsewhere, and last the times and modes of folders, the deepest first: the mode of one
 * may forbid the way to those in it. What keeps one object from being restored is reported, and
 * the others go on. Rejects with trouble that all of them would meet, and with the signal's reason.
 */
export async function restoreAll(
  given: Omit<RestoreContext, 'ranges'>,
  sources: AsyncIterable<RestoreSource>,
  { lanes, shard, report, signal }: RestoreRunOptions,
): Promise<void> {
  const ranges = createRangeThreads(given.clock);
  const links = openSpill<PathedSource>(tmpdir());
  const folders = openFoldersByDepth<PathedSource>(tmpdir());
  const tree = reopeningFolders(given.tree, folders.has);
  const ctx: RestoreContext = { ...given, tree, ranges };
  const linked = openSpill<LinkedSource>(tmpdir());
  const together = openSmallRestore(ctx);
  const batches = openGate(ctx.clock, MOST_BATCHES);

  async function restoreOne(source: RestoreSource, within: AbortSignal): Promise<void> {
    const path = pathOf(source, ctx.rules.links);
    if ('refused' in path) report(eventOf(source, 'file', refusedName(path.refused)));
    else if (path.kind === 'symlink') links.add({ source, segments: path.segments });
    else if (path.kind === 'folder') {
      folders.add({ source, segments: path.segments });
      if (!ctx.rules.dryRun) await attemptFolder(source, () => makeFolder(ctx, path.segments));
    } else
      await attempt(source, 'file', () =>
        restoreOrDefer(ctx, { source, segments: path.segments }, linked, within),
      );
  }

  async function restoreGroup(group: readonly LinkedSource[], within: AbortSignal): Promise<void> {
    const made: MadeFiles = new Map();
    for (const each of group)
      await attempt(each.source, 'file', () => restoreLinked(ctx, each, made, within));
  }

  function smallFile(source: RestoreSource): readonly string[] | undefined {
    if (together?.takes(source) !== true) return undefined;
    const path = pathOf(source, ctx.rules.links);
    return 'refused' in path || path.kind !== 'file' ? undefined : path.segments;
  }

  const reportRestored = (source: RestoreSource, result: FileResult) =>
    report(resultOf(source, 'file', result));

  /** Many small files are only taken together once there is room for them in memory. */
  async function* units(): AsyncGenerator<RestoreUnit, void> {
    for await (const unit of packSmallFiles(sources, smallFile)) {
      if (unit.kind === 'many') await batches.enter(signal);
      yield unit;
    }
  }

  /** What cannot be restored with the others is restored by itself. */
  async function restoreMany(files: readonly PathedSource[], within: AbortSignal): Promise<void> {
    let left = files;
    try {
      left = (await together?.restore(files, reportRestored, within)) ?? files;
    } finally {
      batches.leave();
    }
    await eachInParallel(left, lanes, within, ({ source }, each) => restoreOne(source, each));
  }

  async function attempt(
    source: RestoreSource,
    kind: RestoreEvent['kind'],
    work: () => Promise<FileResult | undefined>,
  ): Promise<void> {
    try {
      const result = await work();
      if (result !== undefined) report(resultOf(source, kind, result));
    } catch (error) {
      report(eventOf(source, kind, failureOf(error, source, signal)));
    }
  }

  async function attemptFolder(source: RestoreSource, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      report(eventOf(source, 'folder', failureOf(error, source, signal)));
    }
  }

  try {
    addOpenFolders(shard?.openFolders ?? [], folders, ctx.rules);
    await eachInParallel(units(), lanes, signal, (unit, within) =>
      unit.kind === 'one' ? restoreOne(unit.item, within) : restoreMany(unit.items, within),
    );
    if (linked.size > 0)
      await eachInParallel(linkGroups(linked.items()), lanes, signal, restoreGroup);
    await eachInParallel(links.items(), lanes, signal, ({ source, segments }, within) =>
      attempt(source, 'symlink', () => restoreFreeLink(ctx, shard, source, segments, within)),
    );
    if (!ctx.rules.dryRun)
      for (const level of folders.levels())
        await eachInParallel(level, lanes, signal, ({ source, segments }, within) =>
          attemptFolder(source, () => finishFolder(ctx, source, segments, within)),
        );
  } finally {
    await together?.close();
    await ranges.close();
    for (const spilled of [links, folders, linked]) spilled.close();
  }
}

/** They are not made: a shard may have no file in them. */
function addOpenFolders(
  openFolders: readonly RestoreSource[],
  folders: Pick<FoldersByDepth<PathedSource>, 'add'>,
  { links }: Pick<RestoreRules, 'links'>,
): void {
  for (const source of openFolders) {
    const path = pathOf(source, links);
    if (!('refused' in path) && path.kind === 'folder')
      folders.add({ source, segments: path.segments });
  }
}

/** Refuses a link in the place of a folder that another shard makes. */
async function restoreFreeLink(
  ctx: RestoreContext,
  shard: Pick<RestoreShard, 'hasBelow'> | undefined,
  source: RestoreSource,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<FileResult> {
  if ((await shard?.hasBelow(segments.join('/'), signal)) === true)
    throw new RestoreError('blocked', 'a folder is at its path');
  return restoreLink(ctx, source, segments, signal);
}

/** Undefined for a file with several names, which is added to `linked`: its turn comes with theirs. */
async function restoreOrDefer(
  ctx: RestoreContext,
  { source, segments }: PathedSource,
  linked: Pick<Spill<LinkedSource>, 'add'>,
  signal: AbortSignal,
): Promise<FileResult | undefined> {
  const { linkGroup: group, info } = await describeObject(ctx, source, signal);
  const known = info === source.info ? source : { ...source, info, isDescribed: true as const };
  if (group === undefined) return restoreFile(ctx, known, segments, signal);
  linked.add({ group, source: known, segments });
  return undefined;
}

/** Swift's tools mark a folder by this content type, without a "/" (docs.openstack.org/swift, "Pseudo-hierarchical folders"). */
const FOLDER_TYPE = 'application/directory';

function pathOf({ name, info }: RestoreSource, links: boolean): ReturnType<typeof restoredPath> {
  const path = restoredPath(name, links);
  if ('refused' in path || path.kind === 'symlink') return path;
  const isMarker = info.size === 0 && info.extra['contentType'] === FOLDER_TYPE;
  if (path.kind === 'folder' && info.size > 0)
    return { refused: 'its name ends in "/", and it has a content' };
  return isMarker ? ({ ...path, kind: 'folder' } satisfies RestoredPath) : path;
}

function refusedName(reason: string): RestoreOutcome {
  return { outcome: 'failed', problem: 'name', error: new RestoreError('name', reason) };
}

function resultOf(
  source: RestoreSource,
  kind: RestoreEvent['kind'],
  { outcome, described }: FileResult,
): RestoreEvent {
  return eventOf(source, kind, outcome, described);
}

function eventOf(
  { name, info: found }: RestoreSource,
  kind: RestoreEvent['kind'],
  outcome: RestoreOutcome,
  { info, notes }: Pick<DescribedObject, 'info' | 'notes'> = { info: found, notes: [] },
): RestoreEvent {
  return { name, kind, size: info.size, notes, ...outcome };
}

/** What an error says of one object. @throws the error itself when every other object would meet it too. */
function failureOf(error: unknown, { info }: RestoreSource, signal: AbortSignal): RestoreOutcome {
  signal.throwIfAborted();
  const problem = problemOf(error, info.container);
  if (problem === undefined) throw error;
  return { outcome: 'failed', ...problem };
}
