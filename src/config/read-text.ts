import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from './config-error.js';

const LARGEST_FILE = 1_048_576;

/** Of a text, and the same for no other. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The text of a configuration file; `file` is what complaints call it. Rejects with ConfigError. */
export async function readText(file: string, path: string): Promise<string> {
  try {
    if ((await stat(path)).size > LARGEST_FILE)
      throw new ConfigError(`${file}: over ${LARGEST_FILE} bytes long: not a configuration?`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)); // drops a byte order mark
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof TypeError)
      throw new ConfigError(`${file}: not UTF-8 text; save it as UTF-8`, { cause: error });
    const advice =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `; \`longshore init ${file}\` writes one`
        : '';
    throw new ConfigError(
      `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}${advice}`,
      { cause: error },
    );
  }
}
