import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The last step of the build: mirrors a file with the bundled program, and puts the code cache of that run (see
// src/code-cache.ts) beside the bundle, where starts from a read-only package find it. It fits this version of Node and this
// kind of processor; other starts make a cache of their own. Node 22 and later keep theirs in the user's folder alone.

const CONFIG = `state: ./state
targets: { vault: { driver: local, root: ./vault, fsync: false } }
mirrors: [{ name: documents, source: ./source, target: vault, container: documents }]
`;

const folder = mkdtempSync(join(tmpdir(), 'longshore-build-'));
try {
  mkdirSync(join(folder, 'source'));
  writeFileSync(join(folder, 'source', 'file'), 'content');
  writeFileSync(join(folder, 'longshore.yaml'), CONFIG);
  if (module.enableCompileCache === undefined)
    execFileSync(
      process.execPath,
      ['dist/bundle/main.js', '-c', join(folder, 'longshore.yaml'), 'reconcile'],
      {
        env: { XDG_CACHE_HOME: join(folder, 'cache') },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
  const made = join(folder, 'cache', 'longshore');
  mkdirSync('dist/bundle/code-cache', { recursive: true });
  // For every user that may run the program.
  for (const name of existsSync(made) ? readdirSync(made) : [])
    writeFileSync(join('dist/bundle/code-cache', name), readFileSync(join(made, name)));
} finally {
  rmSync(folder, { recursive: true });
}
