import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { lstatPathIfAny } from '../file-stat.js';
import { sortNames } from '../utf8-order.js';

export interface DirectoryNames {
  /** Sorted as UTF-8 bytes. */
  readonly names: readonly string[];
  /** Names that are not UTF-8, and so can be neither opened by Node nor named in a container. */
  readonly notUtf8: readonly UnnameableEntry[];
}

export interface UnnameableEntry {
  /** With each byte that does not fit as `\xNN`. */
  readonly printable: string;
  /** Undefined when its stat fails, or it is no file. */
  readonly inode: bigint | undefined;
}

/** What Node puts in place of bytes that are not UTF-8; it may also be meant. */
const REPLACEMENT = '\ufffd';

/** Reads a whole directory at once, names only: who wants to know more asks for each. Rejects as readdir does. */
export function readDirectory(onDisk: string): DirectoryNames {
  const names = readdirSync(onDisk);
  if (!names.some((name) => name.includes(REPLACEMENT)))
    return { names: sortNames(names), notUtf8: [] };
  const raw = readdirSync(onDisk, { encoding: 'buffer' });
  return {
    names: sortNames(raw.filter((name) => isUtf8(name)).map((name) => name.toString('utf8'))),
    notUtf8: raw
      .filter((name) => !isUtf8(name))
      .map((name) => ({ printable: printable(name), inode: inodeOf(onDisk, name) })),
  };
}

function printable(name: Buffer): string {
  return name
    .toString('latin1')
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function inodeOf(onDisk: string, name: Buffer): bigint | undefined {
  try {
    const stat = lstatPathIfAny(Buffer.concat([Buffer.from(`${onDisk}/`), name]));
    return stat?.isFile() ? stat.ino : undefined;
  } catch {
    return undefined;
  }
}
