import { closeSync, openSync } from 'node:fs';
import { statDescriptor } from '../file-stat.js';
import { openLmdbTree, readFully } from '../lmdb-tree.js';
import { reasonOf, StateUnavailableError, systemCode } from './errors.js';
import { checkHeader, HEADER_BYTES } from './lmdb-header.js';

/**
 * What an LMDB file's first bytes say, without LMDB touching them. An empty file is one whose making was interrupted
 * (LMDB writes both meta pages at once), and counts as absent.
 *
 * @throws StateDamagedError, StateNewerError, StateUnavailableError
 */
export function headerOf(file: string): 'absent' | 'whole' | 'short' {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const size = Number(statDescriptor(descriptor).size);
    return size === 0 ? 'absent' : checkHeader(readFully(descriptor, HEADER_BYTES, 0), size, file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'absent';
    if (systemCode(error) === '') throw error; // our own
    throw new StateUnavailableError(file, `cannot be read: ${reasonOf(error)}`, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Whether the making of an index ended before its first record of what it is: nothing was ever known by it. False also where
 * that cannot be read: what is wrong then, a check finds.
 */
export function isUnfinished(file: string): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    return openLmdbTree(descriptor)?.isEmpty() ?? true;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
