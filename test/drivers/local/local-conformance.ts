import type { Backend } from '../../../src/drivers/backend.js';
import { localBackend } from '../../../src/drivers/local/backend.js';
import { createFolder, removeFolder } from '../../world/folder.js';
import { conformance } from '../conformance/suite.js';

/** Names that no file can have: empty parts, parts that mean another folder, and NUL. */
function isNoPath(key: string): boolean {
  return (
    key.includes('\0') ||
    key.split('/').some((part) => part === '' || part === '.' || part === '..')
  );
}

/** The suite of a backend over a local folder. `wrap`: what is put around it. */
export function localConformance(
  name: string,
  fsync: boolean,
  wrap: (backend: Backend) => Backend = (backend) => backend,
): void {
  const root = createFolder('local');
  conformance(name, {
    open: () => wrap(localBackend({ root, fsync })),
    again: () => wrap(localBackend({ root, fsync })),
    stop: () => removeFolder(root),
    refuses: isNoPath,
    badContainerNames: [
      '',
      'with/slash',
      'with\\slash',
      'nul\0',
      '.hidden',
      '..',
      'x'.repeat(256),
      'half \ud800 pair',
    ],
  });
}
