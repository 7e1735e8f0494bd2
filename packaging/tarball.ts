import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { makeReadable } from './installed-file.js';
import type { Release } from './release.js';

const run = promisify(execFile);

/** What npm puts into every package besides its `files`. */
const ALWAYS = ['README.md', 'LICENSE'];

interface Manifest {
  version: string;
  files: string[];
  scripts?: unknown;
  devDependencies?: unknown;
}

/**
 * The package for npm, as a file in `out`; resolves with its path. It is installed without a step of ours: it has no scripts.
 * `stage` is a folder that may be filled.
 */
export async function makeTarball(
  { checkout, version }: Release,
  { stage, out }: { readonly stage: string; readonly out: string },
): Promise<string> {
  const {
    scripts: _scripts,
    devDependencies: _tools,
    ...manifest
  } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as Manifest;
  for (const path of [...ALWAYS, ...manifest.files.filter((each) => !each.startsWith('!'))]) {
    await mkdir(dirname(join(stage, path)), { recursive: true });
    await cp(join(checkout, path), join(stage, path), {
      recursive: true,
      filter: (each) => hasSource(checkout, each),
    });
  }
  await writeFile(
    join(stage, 'package.json'),
    `${JSON.stringify({ ...manifest, version }, null, 2)}\n`,
  );
  await makeReadable(stage);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', out], {
    cwd: stage,
  });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  return join(out, packed.filename);
}

/** The compiler leaves the output of a source behind that was renamed or removed: that is no part of the package. */
function hasSource(checkout: string, path: string): boolean {
  const compiled = /^dist\/(src\/.+?)(?:\.d\.ts|\.js|\.js\.map)$/.exec(relative(checkout, path));
  const source = join(checkout, compiled?.[1] ?? '');
  return compiled === null || existsSync(`${source}.ts`) || existsSync(`${source}.tsx`);
}
