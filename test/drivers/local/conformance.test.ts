import type { Backend } from '../../../src/drivers/backend.js';
import { localBackend } from '../../../src/drivers/local/backend.js';
import { createFolder, removeFolder } from '../../world/folder.js';
import { conformance } from '../conformance/suite.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';

/** Names that no file can have: empty parts, parts that mean another folder, and NUL. */
function isNoPath(key: string): boolean {
  return (
    key.includes('\0') ||
    key.split('/').some((part) => part === '' || part === '.' || part === '..')
  );
}

const bare = (backend: Backend): Backend => backend;

for (const [name, fsync, wrap] of [
  ['local', true, bare],
  ['local without fsync', false, bare],
  ['local in every layer', true, wrapInEveryLayer],
] as const) {
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
