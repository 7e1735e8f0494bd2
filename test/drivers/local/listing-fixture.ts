import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const byBytes = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

/** False where a file or folder is in the way. */
export function store(box: string, key: string): boolean {
  try {
    mkdirSync(dirname(join(box, key)), { recursive: true });
    writeFileSync(join(box, key), '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
