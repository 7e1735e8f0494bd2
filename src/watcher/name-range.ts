import { compareNames } from '../utf8-order.js';
import type { RelativePath } from './entry.js';
import { LINK_SUFFIX } from './links.js';

/** The object names after one and up to another, so that several walks can share a tree. Without either it has no end there. */
export interface NameRange {
  readonly after?: string;
  readonly upTo?: string;
}

export const ALL_NAMES: NameRange = {};

export function isInRange({ after, upTo }: NameRange, name: string): boolean {
  return (
    (after === undefined || compareNames(name, after) > 0) &&
    (upTo === undefined || compareNames(name, upTo) <= 0)
  );
}

/** Whether what is in a folder may be partly in the range and partly not. */
export function straddles({ after, upTo }: NameRange, folder: RelativePath): boolean {
  if (folder === '') return after !== undefined || upTo !== undefined;
  return after?.startsWith(`${folder}/`) === true || upTo?.startsWith(`${folder}/`) === true;
}

/** Whether anything in a folder can have a name in the range. */
export function reachesInto({ after, upTo }: NameRange, folder: RelativePath): boolean {
  const first = `${folder}/`;
  return (
    (after === undefined || compareNames(first, after) > 0 || after.startsWith(first)) &&
    (upTo === undefined || compareNames(first, upTo) <= 0)
  );
}

/** Whether whatever is under this path, a file, a link or a folder with all that is in it, can have a name in the range. */
export function mayBeInRange(range: NameRange, path: RelativePath): boolean {
  return isInRange(range, path) || isInRange(range, path + LINK_SUFFIX) || reachesInto(range, path);
}
