import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { type AttributeCalls, attributeCalls } from '../../extended-attributes.js';
import { lstatPath, statDescriptor } from '../../file-stat.js';
import { compareNames } from '../../utf8-order.js';
import type { FileAttributes } from '../../watcher/entry.js';
import { isKeptAttribute, type KeptAttributes } from '../file-attributes.js';

/** What was read of an open file or folder. `unreadable`: why its attributes are not all known. */
export interface ReadAttributes {
  readonly attributes: FileAttributes;
  readonly unreadable?: string;
}

/** open(2), of Linux on every architecture that Node supports. Needs no right to read the folder. */
const O_PATH = 0o10000000;

/**
 * Reads the kept attributes of what a descriptor has open; undefined when it is not where it was opened any more. They change
 * with the ctime, so that they are those of one version where that is the same before and after. Throws as the system does,
 * and AttributesUnavailableError.
 */
export function readAttributes(
  fd: number,
  isFolder: boolean,
  kept: KeptAttributes,
  calls: AttributeCalls = attributeCalls(),
): ReadAttributes | undefined {
  if (isFolder) return attributesAt(`/proc/self/fd/${fd}/.`, kept, calls);
  // The calls take paths. That of the file is in its folder, which stays the same while it is open (proc_pid_fd(5)).
  const path = readlinkSync(`/proc/self/fd/${fd}`, 'buffer');
  const slash = path.lastIndexOf('/');
  const folder = openSync(path.subarray(0, slash + 1), O_PATH | constants.O_DIRECTORY);
  try {
    const at = `/proc/self/fd/${folder}/${path.toString('utf8', slash + 1)}`;
    if (!isOpenAs(fd, at)) return undefined;
    const read = attributesAt(at, kept, calls);
    return isOpenAs(fd, at) ? read : undefined;
  } finally {
    closeSync(folder);
  }
}

function isOpenAs(fd: number, path: string): boolean {
  const [opened, there] = [statDescriptor(fd), lstatPath(path)];
  return opened.ino === there.ino && opened.dev === there.dev;
}

/** Undefined: they changed meanwhile. */
function attributesAt(
  path: string,
  kept: KeptAttributes,
  calls: AttributeCalls,
): ReadAttributes | undefined {
  const names = namesAt(path, calls);
  if (names === 'unsupported') return { attributes: {} };
  if (names === 'malformed')
    return { attributes: {}, unreadable: 'the name of one of them is not UTF-8' };
  const values: [string, string][] = [];
  for (const name of names.filter((each) => isKeptAttribute(each, kept)).sort(compareNames)) {
    const value = calls.get(path, name);
    if (value === undefined) {
      if (!calls.list(path).includes(name)) return undefined;
      throw Object.assign(new Error(`its attribute ${name} cannot be read`), { code: 'EIO' });
    }
    values.push([name, value.toString('base64')]);
  }
  return { attributes: Object.fromEntries(values) };
}

/** `unsupported`: the file system has no extended attributes, so that nothing is lost. */
function namesAt(
  path: string,
  { list }: AttributeCalls,
): readonly string[] | 'unsupported' | 'malformed' {
  try {
    return list(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') return 'unsupported';
    if (code === 'EILSEQ') return 'malformed';
    throw error;
  }
}
