import { closeSync, openSync } from 'node:fs';
import { statDescriptor } from '../file-stat.js';
import { readFully } from '../lmdb-tree.js';
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
