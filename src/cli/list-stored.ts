import { isoTime } from '../clock.js';
import { printable } from '../printable.js';
import { attributesOfObject, attributesOfRecord } from '../restore/attributes.js';
import { listSources } from '../restore/list-sources.js';
import { entriesIn, entryOf, type ListedEntry, treeOf } from '../restore/listed-entries.js';
import type { RestoreSource } from '../restore/restore-context.js';
import { openSelection } from '../restore/selection.js';
import { isRecordOf } from '../sync/store/content-proof.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import { type PlaceCommand, withPlace } from './open-place.js';
import { noteLine } from './output.js';
import type { PlaceOptions } from './remote-place.js';
import { momentOption } from './restore.js';

export interface ListOptions extends PlaceOptions {
  readonly at?: string;
  readonly long: boolean;
  readonly json: boolean;
}

export interface ListFolderOptions extends ListOptions {
  readonly tree: boolean;
}

/** `longshore ls`: what is in a folder of a mirror, or all that is below it as a tree. FAILED when there is no such path. */
export async function listFolder(
  configFile: string | undefined,
  asked: { readonly place: string; readonly path: string | undefined },
  options: ListFolderOptions,
  io: Io,
): Promise<number> {
  const atMs = momentOption(options.at);
  return withPlace(configFile, asked.place, options, io, async (command) => {
    const path = (asked.path ?? '').replace(/^\.\//, '').replace(/\/+$/, '');
    const folder = path === '' ? '' : `${path}/`;
    const entries = entriesOf(command, path === '' ? [] : [path], atMs);
    const print = printerOf(command, options);
    let count = 0;
    if (options.tree && !options.json) {
      for await (const { depth, name, entry } of treeOf(folder, entries)) {
        if (command.output.closed.aborted) return EXIT.OK;
        print(entry, '  '.repeat(depth) + printable(name));
        count++;
      }
    } else
      for await (const entry of options.tree ? entries : entriesIn(folder, entries)) {
        if (command.output.closed.aborted) return EXIT.OK;
        print(entry, printable(entry.path));
        count++;
      }
    if (count > 0 || path === '') return EXIT.OK;
    noteLine(io.stderr, `longshore: nothing of ${asked.place} is at ${JSON.stringify(path)}`);
    return EXIT.FAILED;
  });
}

/** `longshore find`: the paths of all that `restore` would restore for the same patterns. FAILED when one has no match. */
export async function findStored(
  configFile: string | undefined,
  asked: { readonly place: string; readonly patterns: readonly string[] },
  options: ListOptions,
  io: Io,
): Promise<number> {
  const atMs = momentOption(options.at);
  return withPlace(configFile, asked.place, options, io, async (command) => {
    const selection = openSelection(asked.patterns);
    const print = printerOf(command, options);
    for await (const entry of entriesOf(command, selection, atMs)) {
      if (command.output.closed.aborted) return EXIT.OK;
      print(entry, printable(entry.path));
    }
    const unmatched = selection.unmatched();
    for (const pattern of unmatched)
      noteLine(
        io.stderr,
        `longshore: nothing of ${asked.place} matches ${JSON.stringify(pattern)}`,
      );
    return unmatched.length > 0 ? EXIT.FAILED : EXIT.OK;
  });
}

async function* entriesOf(
  { backend, place, signal }: PlaceCommand,
  asked: readonly string[] | ReturnType<typeof openSelection>,
  atMs: number | undefined,
): AsyncGenerator<ListedEntry, void> {
  const selection = 'has' in asked ? asked : openSelection(asked);
  const sources = listSources(backend, place, selection, atMs, signal);
  for await (const source of sources) yield entryOf(source, place.symlinks === 'preserve');
}

/** Prints an entry under a name; with `--long` its size and time before it. */
function printerOf(
  { output, index }: PlaceCommand,
  { json, long }: ListOptions,
): (entry: ListedEntry, shown: string) => void {
  const timeOf = (source: RestoreSource): string | undefined => {
    const record = source.isCurrent ? index.recordOf(source.name) : undefined;
    const { mtimeNs } = isRecordOf(record, source.info)
      ? attributesOfRecord(record)
      : attributesOfObject(source.info);
    return mtimeNs === undefined ? undefined : timeText(Number(mtimeNs / 1_000_000n));
  };
  return ({ kind, path, source }, shown) => {
    const time = source && timeOf(source);
    if (json) output.json({ path, kind, ...(source && plain(source, time)) });
    else if (!long) output.line(shown);
    else {
      const size = source === undefined ? '' : String(source.info.size);
      output.line(`${size.padStart(14)}  ${(time ?? '').padEnd(24)}  ${shown}`);
    }
  };
}

/** Undefined beyond what a date can be (ECMA-262, "Time Values and Time Range"). */
function timeText(ms: number): string | undefined {
  return Math.abs(ms) <= 8.64e15 ? isoTime(ms) : undefined;
}

function plain({ name, info, versionId }: RestoreSource, time: string | undefined): object {
  const { storageClass, lastModified } = info.extra;
  return {
    name,
    size: info.size,
    modifiedAt: time ?? null,
    storedAt: typeof lastModified === 'number' ? isoTime(lastModified) : null,
    ...(storageClass !== undefined && { storageClass }),
    ...(versionId !== undefined && { versionId }),
    object: info.key,
  };
}
