import { relative, sep } from 'node:path';
import { isWellFormed } from '../utf8-order.js';
import type { RelativePath } from './entry.js';

/** Whether a text may be used as a path below the source: see RelativePath. The source itself ('') is one. */
export function isRelativePath(text: string): text is RelativePath {
  if (text === '') return true;
  if (text.includes('\0') || !isWellFormed(text)) return false;
  return text.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

export function joinPath(folder: RelativePath, name: string): RelativePath {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The folder that holds a path; undefined for the source itself. */
export function parentOf(path: RelativePath): RelativePath | undefined {
  if (path === '') return undefined;
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** The folders above a path, outermost first, beginning with the source itself. */
export function* foldersAbove(path: RelativePath): Generator<RelativePath, void> {
  if (path === '') return;
  yield '';
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1))
    yield path.slice(0, slash);
}

/** Whether a path is below a folder. No path is below itself. */
export function isBelow(path: RelativePath, folder: RelativePath): boolean {
  if (folder === '') return path !== '';
  return (
    path.length > folder.length &&
    path.charCodeAt(folder.length) === 0x2f &&
    path.startsWith(folder)
  );
}

/** Those of some absolute paths that lie below `root`, as they are seen from there. */
export function pathsBelow(root: string, paths: readonly string[]): RelativePath[] {
  return paths
    .map((path) => relative(root, path))
    .filter((path) => path !== '' && path.split(sep)[0] !== '..' && !path.startsWith(sep));
}

/** The path inside the file system of something below `root`, an absolute path. */
export function pathOnDisk(root: string, path: RelativePath): string {
  if (path === '') return root;
  return root.endsWith('/') ? root + path : `${root}/${path}`;
}
