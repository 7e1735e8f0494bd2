import { readdirSync } from 'node:fs';
import { codeOf } from './failure.js';

/** Every new ext4 has it. */
const NOT_OURS = 'lost+found';

/**
 * Why a root looks like one whose file system is not mounted: it does not exist, or has nothing in it. Undefined: it has
 * something, or nothing can be known of it, which each call on it then says.
 */
export function blankRoot(root: string): string | undefined {
  try {
    const names = readdirSync(root).filter((name) => name !== NOT_OURS);
    return names.length === 0 ? `its root ${root} is empty` : undefined;
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? `its root ${root} does not exist` : undefined;
  }
}
