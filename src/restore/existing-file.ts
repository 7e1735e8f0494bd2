import { lstatPathIfAny } from '../file-stat.js';
import type { Existing, ExistingVerdict } from './existing.js';
import { differsInCase, hasExactName, type OpenFolder } from './folder-tree.js';
import type { RestoreOutcome } from './restore-events.js';
import { RestoreError } from './restore-failure.js';

/** Where an object goes. */
export interface Destination {
  readonly folder: OpenFolder;
  /** One name in the folder. */
  readonly name: string;
}

/** What has the file's name already. @throws RestoreError where that is another spelling of it. */
export function existingAt(
  { folder, name }: Destination,
  foldsCase: boolean,
): Existing | undefined {
  const stat = lstatPathIfAny(`${folder.at}/${name}`);
  if (stat === undefined) return undefined;
  if (foldsCase && !hasExactName(folder.at, name))
    throw new RestoreError('name', differsInCase(name));
  const kind = stat.isFile()
    ? 'file'
    : stat.isSymbolicLink()
      ? 'symlink'
      : stat.isDirectory()
        ? 'folder'
        : 'special';
  return { kind, size: Number(stat.size), mtimeNs: stat.mtimeNs };
}

/** What becomes of an object after this verdict; `restore`: what is there is replaced. @throws RestoreError where it stays. */
export function outcomeOf(
  verdict: ExistingVerdict,
  { kind }: Existing,
): RestoreOutcome | 'restore' {
  switch (verdict) {
    case 'finished':
      return { outcome: 'unchanged' };
    case 'kept':
      return { outcome: 'kept' };
    case 'restore':
      return 'restore';
    case 'blocked':
      throw new RestoreError(
        'blocked',
        `a ${kind === 'folder' ? 'folder' : 'special file'} is at its path`,
      );
    default:
      throw new RestoreError(
        'exists',
        'another content is at its path, and stays; --overwrite older or always replaces it',
      );
  }
}
