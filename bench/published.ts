import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of this project. */
export const project = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** The page with the published figures. */
export const PAGE = `${project}/docs/performance.md`;

/** Returns the path of the newest published run below the project's root. Files are named by day. Throws without any. */
export function newestResult(): string {
  const files = readdirSync(`${project}/bench/results`).filter((name) => name.endsWith('.json'));
  const newest = files.sort().at(-1);
  if (newest === undefined) throw new Error('bench/results holds no file of a run');
  return `bench/results/${newest}`;
}
