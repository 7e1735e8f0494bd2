import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { completionScript } from '../src/cli/completion.js';
import { type InstalledFile, type RegularFile, writeFiles } from './installed-file.js';
import type { Release } from './release.js';

/*
 * The package for Debian and its like: binary packages as deb(5) has them, contents by the Filesystem Hierarchy Standard and
 * Debian's policy. Node.js comes from the system (Debian 13, or NodeSource): its security updates are then those of the system.
 */

const run = promisify(execFile);

const READ = 0o644;
const RUN = 0o755;
/** It may come to hold secrets. */
const PRIVATE = 0o640;
const PROGRAM = 'usr/lib/longshore';
const CONFIGURATION = 'etc/longshore/longshore.yaml';
const MAINTAINER = 'Longshore maintainers <maintainers@longshore.example>';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const SUMMARY = 'mirror of directories to object storage, continuous and proven';
const DESCRIPTION = `Description: ${SUMMARY}
 Longshore watches directories and mirrors them to containers of object
 storage (S3 and its like, OpenStack Swift, plain folders). It records what
 the storage has confirmed, reads it back, restores it, and holds mass
 deletes until a person has decided.`;

export interface DebianParts {
  readonly program: readonly RegularFile[];
  readonly manuals: Readonly<Record<'longshore.1' | 'longshore.yaml.5', string>>;
  readonly billOfMaterials: string;
}

/** Writes the package into `out`, and resolves with its path. `stage` is a folder that may be filled. */
export async function makeDebianPackage(
  release: Release,
  parts: DebianParts,
  { stage, out }: { readonly stage: string; readonly out: string },
): Promise<string> {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined)
    throw new Error(`no Debian package for processors of the kind ${process.arch}`);
  const files = await installedFiles(release, parts);
  await writeFiles(stage, files, release.epoch);
  await writeFiles(stage, await controlFiles(release, architecture, files), release.epoch);
  await mkdir(out, { recursive: true });
  const path = join(out, `longshore_${release.version}_${architecture}.deb`);
  // Times of folders, which it takes from the file system, are cut to this one.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) };
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', stage, path], { env });
  return path;
}

async function installedFiles(
  { checkout, version, epoch }: Release,
  { program, manuals, billOfMaterials }: DebianParts,
): Promise<readonly InstalledFile[]> {
  const read = (path: string) => readFile(join(checkout, path));
  const documents = 'usr/share/doc/longshore';
  const units = (await readdir(join(checkout, 'systemd'))).filter((name) =>
    /\.(service|timer|socket)$/.test(name),
  );
  const dropIns = await readdir(join(checkout, 'systemd/drop-ins'));
  const pages = (await readdir(join(checkout, 'docs'))).filter((name) => name.endsWith('.md'));
  const plain = (path: string, content: Buffer | string): RegularFile => ({
    path,
    mode: READ,
    content,
  });
  return [
    ...program.map((file) => ({ ...file, path: `${PROGRAM}/${file.path}` })),
    { path: 'usr/bin/longshore', link: '../lib/longshore/dist/bundle/main.js' },
    { path: CONFIGURATION, mode: PRIVATE, content: await read('packaging/debian/longshore.yaml') },
    ...(await Promise.all(
      units.map(async (name) =>
        plain(`usr/lib/systemd/system/${name}`, forUsrBin(String(await read(`systemd/${name}`)))),
      ),
    )),
    ...(await Promise.all(
      dropIns.map(async (name) =>
        plain(`${documents}/examples/${name}`, await read(`systemd/drop-ins/${name}`)),
      ),
    )),
    plain('usr/lib/sysusers.d/longshore.conf', await read('systemd/longshore.sysusers')),
    plain('usr/share/bash-completion/completions/longshore', completionScript('bash')),
    plain('usr/share/zsh/vendor-completions/_longshore', completionScript('zsh')),
    plain('usr/share/fish/vendor_completions.d/longshore.fish', completionScript('fish')),
    ...Object.entries(manuals).map(([name, page]) =>
      plain(`usr/share/man/man${name.at(-1)}/${name}.gz`, packed(page)),
    ),
    ...(await Promise.all(
      pages.map(async (name) => plain(`${documents}/${name}`, await read(`docs/${name}`))),
    )),
    plain(`${documents}/copyright`, await read('packaging/debian/copyright')),
    plain(`${documents}/changelog.gz`, packed(debianChangelog(version, epoch))),
    plain(`${documents}/NEWS.md.gz`, packed(await read('CHANGELOG.md'))),
    plain(`${documents}/bill-of-materials.cdx.json`, billOfMaterials),
    plain(
      'usr/share/lintian/overrides/longshore',
      await read('packaging/debian/lintian-overrides'),
    ),
  ];
}

/** Units that an administrator installs find the program by the PATH; of a package it is known. */
function forUsrBin(unit: string): string {
  return unit
    .replace(/^ExecStart=flock /m, 'ExecStart=/usr/bin/flock ')
    .replace(/^(ExecStart=(?:\/usr\/bin\/flock .* )?)longshore /m, '$1/usr/bin/longshore ');
}

async function controlFiles(
  { checkout, version }: Release,
  architecture: string,
  files: readonly InstalledFile[],
): Promise<readonly RegularFile[]> {
  const regular = files.filter((file): file is RegularFile => 'content' in file);
  const bytes = regular.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const control = `Package: longshore
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: nodejs (>= 20.19), libc6 (>= 2.28), libstdc++6, systemd
Recommends: ca-certificates
Section: utils
Priority: optional
Homepage: https://www.npmjs.com/package/longshore
${DESCRIPTION}
`;
  const sums = regular
    .filter(({ path }) => path !== CONFIGURATION)
    .map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`)
    .join('');
  const scripts = await Promise.all(
    ['postinst', 'prerm', 'postrm'].map(async (name) => ({
      path: `DEBIAN/${name}`,
      mode: RUN,
      content: await readFile(join(checkout, 'packaging/debian', name)),
    })),
  );
  return [
    { path: 'DEBIAN/control', mode: READ, content: control },
    { path: 'DEBIAN/conffiles', mode: READ, content: `/${CONFIGURATION}\n` },
    { path: 'DEBIAN/md5sums', mode: READ, content: sums },
    ...scripts,
  ];
}

/** deb-changelog(5). */
function debianChangelog(version: string, epoch: number): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `longshore (${version}) unstable; urgency=medium

  * What has changed is in NEWS.md.gz.

 -- ${MAINTAINER}  ${date}
`;
}

/** Without a name or a time in it, as `gzip -9n` makes it. */
function packed(content: Buffer | string): Buffer {
  return gzipSync(content, { level: 9 });
}
