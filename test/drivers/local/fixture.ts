import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { type LocalOptions, localBackend } from '../../../src/drivers/local/backend.js';
import { temporaryFolder } from '../../world/folder.js';

export const CONTAINER = 'box';

/** Runs `cleanup` when the current test has ended; what was added last runs first. */
export function afterwards(cleanup: () => Promise<void> | void): void {
  onTestFinished(cleanup);
}

/** A driver that is closed after the test. */
export function openLocal(options: LocalOptions): Backend {
  const backend = localBackend(options);
  afterwards(() => backend.close());
  return backend;
}

/** A new root with one container. */
export async function openBox(
  options: Partial<LocalOptions> = {},
): Promise<{ readonly backend: Backend; readonly root: string; readonly box: string }> {
  const root = temporaryFolder();
  const backend = openLocal({ root, ...options });
  await backend.createContainer(CONTAINER, { signal: new AbortController().signal });
  return { backend, root, box: join(root, CONTAINER) };
}

export function ref(key: string): { readonly container: string; readonly key: string } {
  return { container: CONTAINER, key };
}

/** Temporary files of all processes. */
export function unfinished(root: string): readonly string[] {
  const incoming = join(root, '.longshore', 'incoming');
  return readdirSync(incoming).flatMap((owner) =>
    readdirSync(join(incoming, owner)).map((name) => `${owner}/${name}`),
  );
}
