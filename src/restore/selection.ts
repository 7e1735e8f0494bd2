import { matchesPattern } from '../drivers/name-pattern.js';
import type { ObjectName } from '../state/object-index.js';
import { compareNames } from '../utf8-order.js';
import { LINK_SUFFIX } from '../watcher/links.js';

/** Which objects of a mirror are asked for: paths of files and folders, and patterns. */
export interface Selection {
  has(name: ObjectName): boolean;
  /** Beginnings of names, in order: no object outside of them is asked for. */
  readonly prefixes: readonly string[];
  /** What was asked for, as it was written, and matched no name that `has` was called with. */
  unmatched(): readonly string[];
}

const GLOB = /[*?]/;

/**
 * Without any `asked`, all objects. A path is that of a file, or of a folder with all that is below it; a pattern is for the
 * whole path where it has a `/`, else for its last part: see `matchesPattern`. A text with `*` or `?` counts as both.
 */
export function openSelection(asked: readonly string[]): Selection {
  if (asked.length === 0) return { has: () => true, prefixes: [''], unmatched: () => [] };
  const each = asked.map((text) => ({ text, path: text.replace(/^\.\//, '').replace(/\/+$/, '') }));
  const unmatched = new Set(asked);
  return {
    has(name) {
      let found = false;
      for (const { text, path } of each) {
        if (!isAsked(name, path, text)) continue;
        unmatched.delete(text);
        found = true;
      }
      return found;
    },
    prefixes: withoutCovered(each.map(({ path }) => literalPrefix(path))),
    unmatched: () => [...unmatched],
  };
}

function isAsked(name: ObjectName, path: string, text: string): boolean {
  if (path === '' || name === path || name.startsWith(`${path}/`)) return true;
  if (name === path + LINK_SUFFIX) return true;
  if (!GLOB.test(text)) return false;
  return [name, withoutLinkSuffix(name)].some(
    (each) =>
      matchesPattern(path, each) || foldersOf(each).some((folder) => matchesPattern(path, folder)),
  );
}

function withoutLinkSuffix(name: ObjectName): string {
  return name.endsWith(LINK_SUFFIX) ? name.slice(0, -LINK_SUFFIX.length) : name;
}

/** The folders above an object, outermost first: a pattern that matches one asks for all that is below it. */
function foldersOf(name: ObjectName): string[] {
  const folders: string[] = [];
  for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1))
    folders.push(name.slice(0, slash));
  return folders;
}

/** What every match of a path or pattern begins with. A pattern without `/` is for the last part of any name. */
function literalPrefix(path: string): string {
  const at = path.search(GLOB);
  if (at < 0) return path;
  return path.includes('/') ? path.slice(0, at) : '';
}

/** In order, each once, and none that begins with another one. */
function withoutCovered(prefixes: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const prefix of [...new Set(prefixes)].sort(compareNames))
    if (!kept.some((each) => prefix.startsWith(each))) kept.push(prefix);
  return kept;
}
