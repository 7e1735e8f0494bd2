import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commandTree } from '../src/cli/command-tree.js';
import { processIo } from '../src/cli/io.js';
import { buildProgram } from '../src/cli/program.js';
import { billOfMaterials } from './bill-of-materials.js';
import { makeDebianPackage } from './debian-package.js';
import { configurationManual, type Edition, programManual, type Schema } from './manual.js';
import { programFiles } from './program-files.js';
import { describeRelease, type Release } from './release.js';
import { makeTarball } from './tarball.js';

/*
 * npm run package [-- --out FOLDER] [--version VERSION]: makes of a build what others install: the package for npm, the one for
 * Debian, the bill of materials, and their checksums. Two builds of one commit give the same bytes.
 */

/** This file runs from `dist/packaging`. */
const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'packages' }, version: { type: 'string' } },
});
const out = resolve(values.out);
const release = await describeRelease(checkout, values.version, process.env);
await mkdir(out, { recursive: true });
const stage = await mkdtemp(join(tmpdir(), 'longshore-package-'));
try {
  const made = await makeAll(release, stage);
  await writeFile(join(out, 'SHA256SUMS'), await checksums(made));
  process.stdout.write(`${made.join('\n')}\n`);
} finally {
  await rm(stage, { recursive: true });
}

async function makeAll(of: Release, folder: string): Promise<readonly string[]> {
  const bill = await billOfMaterials(of);
  const billFile = join(out, `longshore-${of.version}.cdx.json`);
  await writeFile(billFile, bill);
  const tarball = await makeTarball(of, { stage: join(folder, 'npm'), out });
  const debian = await makeDebianPackage(
    of,
    { program: await programFiles(of), manuals: await manuals(of), billOfMaterials: bill },
    { stage: join(folder, 'debian'), out },
  );
  return [tarball, debian, billFile];
}

async function manuals({ version, epoch }: Release) {
  const edition: Edition = {
    version,
    date: new Date(epoch * 1000).toISOString().slice(0, 'YYYY-MM-DD'.length),
  };
  const engine = { openDaemon: notHere, runOnce: notHere };
  const program = commandTree(buildProgram(processIo(), engine, () => {}));
  const schema = JSON.parse(await readFile(join(checkout, 'config.schema.json'), 'utf8')) as Schema;
  return {
    'longshore.1': programManual(program, edition),
    'longshore.yaml.5': configurationManual(schema, edition),
  };
}

/** The definitions of the commands are read, and none is run. */
function notHere(): never {
  throw new Error('no command runs while packages are made');
}

/** As `sha256sum --check` reads them. */
async function checksums(files: readonly string[]): Promise<string> {
  const lines = files.map(async (file) => {
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    return `${digest}  ${basename(file)}\n`;
  });
  return (await Promise.all(lines)).join('');
}
