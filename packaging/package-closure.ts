import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The folders below `checkout` of these packages and of all that they depend on, as Node would find them: npm puts a second
 * version of a package below the one that wants it. @throws Error when one is not installed
 */
export async function foldersWithDependencies(
  checkout: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const found = new Set(names.map((name) => folderOf(checkout, '.', name)));
  for (const folder of found) {
    const text = await readFile(join(checkout, folder, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies)) found.add(folderOf(checkout, folder, name));
  }
  return [...found].sort();
}

function folderOf(checkout: string, from: string, name: string): string {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(checkout, folder, 'package.json'))) return folder;
  if (from === '.') throw new Error(`package ${name} is not installed`);
  return folderOf(checkout, dirname(from), name);
}
