import { tmpdir } from 'node:os';
import { eachInParallel } from '../drivers/parallel.js';
import { openSpill } from '../sync/scan/spill.js';
import type { DescribedObject } from './described-object.js';
import type { RestoreContext, RestoreSource } from './restore-context.js';
import type { RestoreEvent, RestoreOutcome } from './restore-events.js';
import { problemOf, RestoreError } from './restore-failure.js';
import { type FileResult, restoreFile } from './restore-file.js';
import { finishFolder, makeFolder } from './restore-folders.js';
import { restoreLink } from './restore-link.js';
import { type RestoredPath, restoredPath } from './restored-path.js';

export interface RestoreRunOptions {
  /** Objects under way at once. */
  readonly lanes: number;
  readonly report: (event: RestoreEvent) => void;
  readonly signal: AbortSignal;
}

/** A source whose turn comes after the files. */
interface Later {
  readonly source: RestoreSource;
  readonly segments: readonly string[];
}

/**
 * Restores all sources, in bounded memory: first the files, then the links, which could lead the files below them elsewhere,
 * and last the times and modes of folders. What keeps one object from being restored is reported, and the others go on.
 * Rejects with trouble that all of them would meet, and with the signal's reason.
 */
export async function restoreAll(
  ctx: RestoreContext,
  sources: AsyncIterable<RestoreSource>,
  { lanes, report, signal }: RestoreRunOptions,
): Promise<void> {
  const links = openSpill<Later>(tmpdir());
  const folders = openSpill<Later>(tmpdir());

  async function restoreOne(source: RestoreSource, within: AbortSignal): Promise<void> {
    const path = pathOf(source, ctx.rules.links);
    if ('refused' in path) {
      const error = new RestoreError('name', path.refused);
      report(eventOf(source, 'file', { outcome: 'failed', problem: 'name', error }));
    } else if (path.kind === 'symlink') links.add({ source, segments: path.segments });
    else if (path.kind === 'folder') {
      folders.add({ source, segments: path.segments });
      if (!ctx.rules.dryRun) await attemptFolder(source, () => makeFolder(ctx, path.segments));
    } else await attempt(source, 'file', () => restoreFile(ctx, source, path.segments, within));
  }

  async function attempt(
    source: RestoreSource,
    kind: RestoreEvent['kind'],
    work: () => Promise<FileResult>,
  ): Promise<void> {
    try {
      const { outcome, described } = await work();
      report(eventOf(source, kind, outcome, described));
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
    await eachInParallel(sources, lanes, signal, restoreOne);
    await eachInParallel(links.items(), lanes, signal, ({ source, segments }, within) =>
      attempt(source, 'symlink', () => restoreLink(ctx, source, segments, within)),
    );
    if (!ctx.rules.dryRun)
      await eachInParallel(folders.items(), lanes, signal, ({ source, segments }, within) =>
        attemptFolder(source, () => finishFolder(ctx, source, segments, within)),
      );
  } finally {
    links.close();
    folders.close();
  }
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
  if (problem === undefined || !(error instanceof Error)) throw error;
  return { outcome: 'failed', problem, error };
}
