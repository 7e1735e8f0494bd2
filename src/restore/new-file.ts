import { constants, linkSync, renameSync, unlinkSync } from 'node:fs';
import { type FileHandle, lutimes, open, rename, symlink } from 'node:fs/promises';
import { lstatPathIfAny } from '../file-stat.js';
import { ACCESS_ACL } from '../sync/file-attributes.js';
import type { Attributes } from './attributes.js';
import { RestoreError } from './restore-failure.js';
import { notSet, setExtendedAttributes } from './set-extended.js';
import { timeText } from './time-text.js';

/** Which attributes are set. */
export interface AttributeRules {
  readonly owner: boolean;
  /** Whether set-user-id, set-group-id and sticky bits are set too. */
  readonly specialBits: boolean;
  /** Whether extended attributes and ACLs are set. */
  readonly extended: boolean;
}

const PERMISSIONS = 0o777;

/**
 * Makes a file whose content `write` writes, gives it its attributes and makes it survive a loss of power. What of the attributes
 * could not be set comes back as errors, and is no reason to be without the content. Rejects as `write` and the system do; then
 * the caller removes what there is of the file.
 */
export async function writeNewFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  attributes: Attributes,
  rules: AttributeRules,
): Promise<readonly Error[]> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await write(file);
    const failed = await setAttributes({ file, path }, attributes, rules);
    await file.sync();
    return failed;
  } finally {
    await file.close();
  }
}

/** The mode of a new file where nothing is known of it: what the user's umask leaves of it. */
const DEFAULT_MODE = 0o666 & ~process.umask();

/** The mode that a file is given where its object has this one. */
export function modeOf(
  mode: number | undefined,
  { specialBits }: Pick<AttributeRules, 'specialBits'>,
): number {
  if (mode === undefined) return DEFAULT_MODE;
  return specialBits ? mode : mode & PERMISSIONS;
}

/** A file that is open, and its path, which no other user can give to another file. */
export interface FileToDescribe {
  readonly file: Pick<FileHandle, 'chown' | 'chmod' | 'utimes'>;
  readonly path: string;
}

/** Sets what is known and asked for; the errors of what could not be set. */
export async function setAttributes(
  { file, path }: FileToDescribe,
  { mtimeNs, mode, uid, gid, extended }: Attributes,
  { owner, specialBits, extended: setExtended }: AttributeRules,
): Promise<readonly Error[]> {
  const failed: Error[] = [];
  const attempt = (what: string, set: () => Promise<void>) =>
    set().catch((error: unknown) => void failed.push(notSet(what, error)));
  // A change of the owner clears the special bits (chown(2)), so the mode comes after it.
  if (owner && uid !== undefined && gid !== undefined)
    await attempt(`owner ${uid}:${gid}`, () => file.chown(uid, gid));
  const given = setExtended ? extended : {};
  failed.push(...setExtendedAttributes(path, given));
  const bits = modeOf(mode, { specialBits });
  // An ACL says the permissions, too: the default ones would take rights from it.
  if (mode !== undefined || given[ACCESS_ACL] === undefined)
    await attempt(`mode ${bits.toString(8)}`, () => file.chmod(bits));
  if (mtimeNs !== undefined) {
    const seconds = timeText(mtimeNs);
    await attempt(`time ${seconds}`, () => file.utimes(seconds, seconds));
  }
  return failed;
}

/**
 * Gives a whole file its name. Without `replace` nothing that is there, or comes meanwhile, is replaced: that rejects with
 * RestoreError (`exists`). With it, a file or link gives way, and never a folder.
 */
export function placeFile(from: string, to: string, replace: boolean): void {
  if (replace || !linkFile(from, to)) renameSync(from, to);
  else unlinkSync(from);
}

/** Unlike rename, link refuses to replace a file that came meanwhile. False: a file system without hard links. */
function linkFile(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = lstatPathIfAny(to);
    if (found?.isDirectory() === true)
      throw new RestoreError('blocked', 'a folder came to its path meanwhile', error);
    if (code === 'EEXIST' || found !== undefined)
      throw new RestoreError('exists', 'another file came to its path meanwhile', error);
    return false;
  }
}

/** Makes a symbolic link, with its own time. See placeFile for `replace`; `spare` is a path beside `to` for that. */
export async function makeLink(
  target: Buffer,
  to: string,
  mtimeNs: bigint | undefined,
  replace: { readonly spare: string } | undefined,
): Promise<void> {
  const at = replace?.spare ?? to;
  try {
    await symlink(target, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new RestoreError('exists', 'something else is at its path', error);
  }
  if (mtimeNs !== undefined) await lutimes(at, timeText(mtimeNs), timeText(mtimeNs));
  if (replace !== undefined) await rename(at, to);
}
