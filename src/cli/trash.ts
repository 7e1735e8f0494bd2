import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { isoTime, parseTime } from '../clock.js';
import { parseDuration } from '../config/units.js';
import { eachInParallel } from '../drivers/parallel.js';
import { makeFolders } from '../make-folders.js';
import { printable } from '../printable.js';
import { bytes, counted } from '../status/units.js';
import { isLinkObject, restoreObject } from '../sync/store/restore-object.js';
import { chooseTrashed } from '../sync/trash/choose-trashed.js';
import { deleteEntries, nothingEmptied } from '../sync/trash/delete-entries.js';
import { isExpired } from '../sync/trash/expiry.js';
import { listTrash, type TrashEntry } from '../sync/trash/list-trash.js';
import { EXIT, UsageError } from './exit.js';
import { noteLine } from './output.js';
import type { MirrorHands } from './with-target.js';

/** Files restored at once. */
const LANES = 8;

/** `trash ls`: time, why, size and name of each object; oldest first. */
export async function listTrashed(
  command: MirrorHands,
  names: readonly string[],
  json: boolean,
): Promise<number> {
  const { output } = command;
  const seen = openNames(names);
  for await (const page of listTrash(command.backend, command.mirror, command.signal)) {
    for (const entry of page.filter(seen.wanted)) {
      if (output.closed.aborted) return EXIT.OK;
      const { name, size, md5, key, atMs, why = null } = entry;
      const deletedAt = isoTime(atMs);
      if (json) output.json({ name, deletedAt, why, size, md5: md5 ?? null, object: key });
      else
        output.line(
          `${deletedAt}  ${(why ?? '').padEnd(11)}  ${String(size).padStart(14)}  ${printable(name)}`,
        );
    }
  }
  seen.refuseUnseen();
  return EXIT.OK;
}

export interface RestoreCommand {
  readonly names: readonly string[];
  /** Default: the mirror's source. */
  readonly to: string | undefined;
  /** A time: restores the first content trashed after it, instead of the last. */
  readonly at: string | undefined;
  readonly json: boolean;
}

/** `trash restore`: verified downloads, the last content of each name. Existing files stay unchanged. */
export async function restoreTrashed(
  command: MirrorHands,
  { names, to, at, json }: RestoreCommand,
): Promise<number> {
  const { backend, mirror, output, io, signal } = command;
  const folder = to === undefined ? await sourceOf(command) : resolve(io.cwd, to);
  const sinceMs = at === undefined ? undefined : momentOf(at);
  const options = { backend, folder, symlinks: mirror.symlinks };
  const isLink = ({ name }: TrashEntry) => isLinkObject(name, options);
  let failures = 0;

  async function* wanted(): AsyncGenerator<readonly TrashEntry[], void> {
    const seen = openNames(names);
    for await (const page of listTrash(backend, mirror, signal)) yield page.filter(seen.wanted);
    seen.refuseUnseen();
    if (to !== undefined) await makeFolders(folder);
  }

  async function restore(entry: TrashEntry): Promise<void> {
    const { name, size, atMs } = entry;
    try {
      await restoreObject({ container: mirror.container, key: entry.key }, name, options, signal);
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      const reason = error instanceof Error ? error.message : String(error);
      if (json) output.json({ event: 'failed', name, error: reason });
      noteLine(io.stderr, `${printable(name)}: ${reason}`);
      return;
    }
    if (json) output.json({ event: 'restored', name, size, deletedAt: isoTime(atMs) });
    else output.line(`restored ${printable(name)} (${bytes(size)}, trashed ${isoTime(atMs)})`);
  }

  // A link that came first could lead the files below it elsewhere, and they would be refused.
  const chosen = chooseTrashed(wanted(), { sinceMs, isLater: isLink, folder: tmpdir() });
  try {
    const links = await inTwo(chosen, isLink, (files) =>
      eachInParallel(files, LANES, signal, restore),
    );
    await eachInParallel(links, LANES, signal, restore);
  } finally {
    await chosen.return();
  }
  return failures > 0 ? EXIT.INCOMPLETE : EXIT.OK;
}

/** Gives the items before the first that `begins` the second part to `first`; resolves with the others when that has ended. */
async function inTwo<T>(
  items: AsyncGenerator<T, void>,
  begins: (item: T) => boolean,
  first: (items: AsyncIterable<T>) => Promise<void>,
): Promise<AsyncIterable<T>> {
  let next = await items.next();
  async function* before(): AsyncGenerator<T, void> {
    for (; !next.done && !begins(next.value); next = await items.next()) yield next.value;
  }
  await first(before());
  return (async function* () {
    for (; !next.done; next = await items.next()) yield next.value;
  })();
}

/** Refuses a source whose disk is not mounted: mounting it would hide the restored files. */
async function sourceOf({ mirror: { name, source } }: MirrorHands): Promise<string> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory()) return source;
  throw new Error(
    `${source}, the source of ${name}, is not there: mount it, or say where to restore with --to FOLDER`,
  );
}

export interface PurgeCommand {
  readonly names: readonly string[];
  readonly olderThan: string | undefined;
  readonly all: boolean;
}

/** `trash purge`: deletes objects permanently, by name, by age, or all. */
export async function purgeTrashed(
  command: MirrorHands,
  { names, olderThan, all }: PurgeCommand,
): Promise<number> {
  const { backend, mirror, output, io, signal } = command;
  if (names.length === 0 && olderThan === undefined && !all) {
    throw new UsageError(
      'purged objects cannot be restored: name them, or give --older-than DURATION or --all',
    );
  }
  const keepMs = olderThan === undefined ? undefined : durationOf(olderThan);
  const seen = openNames(names);
  const emptied = nothingEmptied();
  for await (const page of listTrash(backend, mirror, signal)) {
    const nowMs = io.clock.now();
    const due = page.filter(
      (entry) => seen.wanted(entry) && (keepMs === undefined || isExpired(entry, keepMs, nowMs)),
    );
    await deleteEntries(backend, mirror.container, due, emptied, signal);
  }
  output.line(`purged ${counted(emptied.objects, 'object')} (${bytes(emptied.bytes)})`);
  for (const [key, error] of emptied.failed)
    noteLine(io.stderr, `${printable(key)}: ${error.message}`);
  seen.refuseUnseen(); // last: the purged objects are already reported
  return emptied.failed.size > 0 ? EXIT.INCOMPLETE : EXIT.OK;
}

/** Names of files, or of folders with all that is below them; without any, everything is wanted. */
function openNames(names: readonly string[]) {
  const wanted = names.map((name) => name.replace(/\/+$/, ''));
  const unseen = new Set(wanted);
  return {
    wanted({ name }: TrashEntry): boolean {
      const found = wanted.filter((each) => name === each || name.startsWith(`${each}/`));
      for (const each of found) unseen.delete(each);
      return names.length === 0 || found.length > 0;
    },
    refuseUnseen() {
      if (unseen.size > 0)
        throw new Error(
          `the trash contains no ${[...unseen].map((name) => JSON.stringify(name)).join(', ')}`,
        );
    },
  };
}

function momentOf(text: string): number {
  const ms = parseTime(text);
  if (ms === undefined)
    throw new UsageError(
      `--at: expected a time such as 2026-11-22T17:38:05Z, got ${JSON.stringify(text)}`,
    );
  return ms;
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new UsageError(
      `--older-than: expected a duration such as 7d, got ${JSON.stringify(text)}`,
    );
  return ms;
}
