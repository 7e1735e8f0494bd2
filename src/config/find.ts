import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** The file that is used when none is named: the first of `places` that exists, or undefined. */
export async function findConfig(places: readonly string[]): Promise<string | undefined> {
  for (const file of places) {
    try {
      await access(file);
      return file;
    } catch (error) {
      // Anything but "not there" (no permission, say) is for the reading to tell: the next place would be the wrong file.
      if (!isAbsent(error)) return file;
    }
  }
  return undefined;
}

/** Where a configuration is looked for, in order. The user's folder follows the XDG Base Directory Specification. */
export function configPlaces(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const home = env['HOME'];
  const user = env['XDG_CONFIG_HOME'] || (home ? join(home, '.config') : undefined);
  return [
    join(cwd, 'longshore.yaml'),
    ...(user ? [join(user, 'longshore', 'longshore.yaml')] : []),
    '/etc/longshore/longshore.yaml',
  ];
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
