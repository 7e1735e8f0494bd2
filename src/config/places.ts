import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

/** Whether an absolute path lies below another one; a path is not inside itself. */
export function isInside(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Whether two absolute paths are the same, or one lies below the other. */
export function overlap(a: string, b: string): boolean {
  return a === b || isInside(a, b) || isInside(b, a);
}

/** A pattern in .gitignore's syntax that means exactly the folder `path`, seen from `root`. */
export function patternBelow(root: string, path: string): string {
  const escaped = relative(root, path).replace(/[\\*?[\]!# ]/g, '\\$&');
  return `/${escaped.split(sep).join('/')}/`;
}

/** The path with symbolic links resolved as far as it exists. A part that cannot be read stays unchanged. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
