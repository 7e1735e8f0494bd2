import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Every regular file below a folder, but for what longshore itself keeps in a container: its path as bytes (latin1
 * text, so that any name is kept) and a digest of its content.
 */
export function filesBelow(root: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const visit = (below: string): void => {
    const folder = Buffer.concat([
      Buffer.from(root),
      Buffer.from('/'),
      Buffer.from(below, 'latin1'),
    ]);
    for (const name of readdirSync(folder, { encoding: 'buffer' })) {
      const path = below + name.toString('latin1');
      if (path === '.longshore') continue;
      const absolute = Buffer.concat([
        Buffer.from(root),
        Buffer.from('/'),
        Buffer.from(path, 'latin1'),
      ]);
      const stat = lstatSync(absolute);
      if (stat.isDirectory()) visit(`${path}/`);
      else if (stat.isFile())
        files.set(path, createHash('md5').update(readFileSync(absolute)).digest('hex'));
      else if (stat.isSymbolicLink()) files.set(path, `-> ${readlinkSync(absolute)}`);
    }
  };
  visit('');
  return files;
}

/** What differs between two trees, for a failure message that a person can act on. Empty: they are equal. */
export function differences(
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): string[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names]
    .filter((name) => left.get(name) !== right.get(name))
    .map((name) => `${name}: ${left.get(name) ?? 'absent'} | ${right.get(name) ?? 'absent'}`);
}

/** Checks again and again until it holds; the last failure is the test's, when it has not come true in time. */
export async function eventually(
  check: () => void | Promise<void>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
