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

// The last step of the build: runs the bundled program, and puts the code cache of that run (see src/code-cache.ts) beside
// the bundle, where starts from a read-only package find it. It fits this version of Node and this kind of processor; other
// starts make a cache of their own. Node 22 and later keep theirs in the user's folder alone.
//
// V8 keeps the code of what has run. So the run whose cache is kept does both of what most runs do: it finds nothing to do in one
// mirror, and makes the first copy of another one, of enough files for a batch. What a provider needs besides is that of a run
// which opens each of them, and reaches none.

const FILES = 20;
const mirrorOf = (name) =>
  `  - { name: ${name}, source: ./${name}, target: vault, container: ${name} }`;
const configOf = (...mirrors) => `state: ./state
targets: { vault: { driver: local, root: ./vault, fsync: false } }
mirrors:
${mirrors.map(mirrorOf).join('\n')}
`;

const folder = mkdtempSync(join(tmpdir(), 'longshore-build-'));
const cache = join(folder, 'cache');

const PROVIDERS = `state: ./state
targets:
  s3: { driver: s3, profile: aws, region: us-east-1, key: x, secret: x }
  swift: { driver: swift, auth_url: 'https://localhost/auth/v1.0', key: x, secret: x }
  azure: { driver: azure_blobs, key: account, secret: eA== }
  b2: { driver: backblaze_b2, key: x, secret: x }
  google: { driver: google_storage, auth: anonymous }
mirrors:
  - { name: unchanged, source: ./unchanged, target: s3, container: unchanged }
`;

function run(command, settings) {
  const config = join(folder, 'longshore.yaml');
  writeFileSync(config, settings, { mode: 0o600 });
  execFileSync(process.execPath, ['dist/bundle/main.js', '-c', config, command], {
    env: { XDG_CACHE_HOME: cache },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function reconcile(...mirrors) {
  rmSync(cache, { recursive: true, force: true });
  run('reconcile', configOf(...mirrors));
}

try {
  for (const name of ['unchanged', 'new']) {
    mkdirSync(join(folder, name));
    for (let file = 0; file < FILES; file += 1)
      writeFileSync(join(folder, name, `${file}`), `content ${file}`);
  }
  if (module.enableCompileCache === undefined) {
    reconcile('unchanged');
    reconcile('unchanged', 'new');
    run('check', PROVIDERS);
  }
  const made = join(cache, 'longshore');
  mkdirSync('dist/bundle/code-cache', { recursive: true });
  // For every user that may run the program.
  for (const name of existsSync(made) ? readdirSync(made) : [])
    writeFileSync(join('dist/bundle/code-cache', name), readFileSync(join(made, name)));
} finally {
  rmSync(folder, { recursive: true });
}
