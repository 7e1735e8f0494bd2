import type { MirrorStatus } from '../sync/events.js';
import type { HeldDescription } from '../sync/guard/guard.js';
import type { HeldObject } from '../sync/guard/held-records.js';
import type { SourceNow } from './mirror-control.js';
import type { HeldAnswer } from './schema-mirror.js';
import { count, counted } from './units.js';

/** Held changes of one kind below one folder. */
export interface HeldGroup {
  readonly change: HeldObject['change'];
  /** The deepest folder that has all of them: empty, or ends in `/`. */
  readonly folder: string;
  readonly objects: number;
  /** One of them. */
  readonly first: string;
}

/** Folders at the top of a source that have a group of their own. */
const MOST_FOLDERS = 1_000;
/** Groups that are shown of each kind. */
const SHOWN = 3;

/** Groups what is held by its folder at the top of the source; the largest group of each kind comes first. */
export function createHeldGroups(): {
  add(held: HeldObject): void;
  list(): readonly HeldGroup[];
} {
  const groups = new Map<string, HeldGroup>();
  return {
    add({ name, change }) {
      const top = groups.size < MOST_FOLDERS ? folderOf(name).split('/', 1)[0] : '';
      const key = `${change} ${top}`;
      const known = groups.get(key);
      groups.set(key, {
        change,
        folder: known === undefined ? folderOf(name) : commonFolder(known.folder, name),
        objects: (known?.objects ?? 0) + 1,
        first: known?.first ?? name,
      });
    },
    list: () => [...groups.values()].sort((a, b) => b.objects - a.objects),
  };
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** The part of a folder that a name is below, too. */
function commonFolder(folder: string, name: string): string {
  if (name.startsWith(folder)) return folder;
  let length = 0;
  while (length < folder.length && folder[length] === name[length]) length += 1;
  return folderOf(folder.slice(0, length));
}

export interface TriggerFacts {
  readonly held: Pick<HeldDescription, 'sinceMs' | 'why' | 'foreign'>;
  readonly groups: readonly HeldGroup[];
  /** False: nothing is at this path of the source. Undefined: that cannot be seen. */
  readonly isInSource: (path: string) => boolean | undefined;
  /** When this change was held; null: not known any more. */
  readonly heldAtMs: (name: string) => number | null;
}

/** What made the guard hold: what looks like an attack first, and the rule last. */
export function triggersOf({
  held: { sinceMs, why, foreign },
  groups,
  isInSource,
  heldAtMs,
}: TriggerFacts): HeldAnswer['trigger'] {
  const sentences = (change: HeldObject['change'], textOf: (group: HeldGroup) => string) => {
    const own = groups.filter((group) => group.change === change);
    const rest = own.slice(SHOWN).reduce((sum, { objects }) => sum + objects, 0);
    return [
      ...own.slice(0, SHOWN).map((group) => ({ atMs: heldAtMs(group.first), text: textOf(group) })),
      ...(rest === 0 ? [] : [{ atMs: null, text: `and ${count(rest)} more in other folders` }]),
    ];
  };
  return [
    ...sentences('overwrite', overwriteText),
    ...sentences('delete', (group) => deleteText(group, isInSource)),
    ...(foreign === 0
      ? []
      : [{ atMs: null, text: `${counted(foreign, 'object')} in the container without a file` }]),
    { atMs: sinceMs, text: why },
  ];
}

function overwriteText({ folder, objects }: HeldGroup): string {
  const whose = objects === 1 ? 'its' : 'their';
  return `${counted(objects, 'file')} ${where(folder)} changed; ${whose} content looks encrypted or wiped`;
}

function deleteText(
  { folder, objects }: HeldGroup,
  isInSource: TriggerFacts['isInSource'],
): string {
  if (folder !== '' && isInSource(folder.slice(0, -1)) === false)
    return `the folder ${folder} is gone (${counted(objects, 'object')})`;
  return `${counted(objects, 'file')} ${where(folder)} ${objects === 1 ? 'is' : 'are'} gone`;
}

function where(folder: string): string {
  return folder === '' ? 'of the source' : `below ${folder}`;
}

/** What was looked at, so that a person can trust, or mistrust, that the files are gone. */
export function checksOf(
  held: Pick<HeldDescription, 'foreign'>,
  source: SourceNow,
  {
    skipped,
    lastScan,
    lastReconcile,
  }: Pick<MirrorStatus, 'skipped' | 'lastScan' | 'lastReconcile'>,
): HeldAnswer['checks'] {
  return [
    ...sourceChecks(source, lastScan ?? lastReconcile),
    unreadCheck((skipped.unreadable ?? 0) + (skipped['not-mounted'] ?? 0)),
    ...(held.foreign === 0
      ? []
      : [
          {
            ok: lastReconcile !== null,
            text:
              lastReconcile === null
                ? 'no reconcile has listed the whole container yet'
                : 'the last reconcile has listed the whole container',
          },
        ]),
  ];
}

function sourceChecks(
  { veto, fileSystem }: SourceNow,
  scan: { readonly scanned: number } | null,
): HeldAnswer['checks'] {
  if (veto !== undefined) return [{ ok: false, text: veto }];
  const known = fileSystem === undefined ? '' : ` (file system ${fileSystem})`;
  const files = scan === null ? '' : `: the last scan found ${counted(scan.scanned, 'file')}`;
  return [
    { ok: true, text: `the source is the same folder as before${known}` },
    { ok: true, text: `it is not empty${files}` },
  ];
}

function unreadCheck(unread: number): HeldAnswer['checks'][number] {
  return unread === 0
    ? { ok: true, text: 'all of it could be read, so the files really are gone' }
    : {
        ok: false,
        text: `${counted(unread, 'path')} could not be read; nothing below ${unread === 1 ? 'it' : 'them'} is held or deleted`,
      };
}
