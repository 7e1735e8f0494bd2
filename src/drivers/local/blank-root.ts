import { accessSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './failure.js';
import { PRIVATE_FOLDER } from './names.js';

/** Every new ext4 has it. */
const NOT_OURS = 'lost+found';

/**
 * Why a root looks like one whose file system is not mounted: it does not exist, has nothing in it, or only what is not
 * longshore's, neither the container nor any record. Undefined: it has something, or nothing can be known of it, which each call on
 * it then says.
 */
export function blankRoot(root: string, container: string): string | undefined {
  try {
    const names = readdirSync(root).filter((name) => name !== NOT_OURS);
    if (names.length === 0) return `its root ${root} is empty`;
    if (names.includes(PRIVATE_FOLDER) || !isMissing(join(root, container))) return undefined;
    return `its root ${root} has only other things in it, without container ${container}`;
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? `its root ${root} does not exist` : undefined;
  }
}

function isMissing(path: string): boolean {
  try {
    accessSync(path);
    return false;
  } catch (error) {
    return codeOf(error) === 'ENOENT';
  }
}
