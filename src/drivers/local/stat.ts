import type { BigIntStats } from 'node:fs';
import { lstatPathIfAny } from '../../file-stat.js';

/** The thing itself, a symbolic link too; undefined when there is nothing, or when a parent is no folder. */
export function statEntry(path: string): BigIntStats | undefined {
  try {
    return lstatPathIfAny(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}
