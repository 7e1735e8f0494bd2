import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../../', import.meta.url));
const page = await readFile(join(project, 'docs', 'internals.md'), 'utf8');
let folder: string;

beforeEach(() => {
  folder = temporaryFolder('docs');
});

/** Text of each file at a path, or below it. */
async function textsAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [await readFile(path, 'utf8')];
  const names = await readdir(path, { recursive: true });
  return Promise.all(
    names.filter((name) => name.endsWith('.ts')).map((name) => readFile(join(path, name), 'utf8')),
  );
}

describe('docs/internals.md', () => {
  const promises = [
    ...page.matchAll(/^- \*\*(P\d+) [\s\S]*?Proved by: ([\s\S]*?)(?=^- \*\*P|^## )/gm),
  ];

  test('has the promises P1 to P10', () => {
    expect(promises.map(([, number]) => number)).toEqual(
      Array.from({ length: 10 }, (_, i) => `P${i + 1}`),
    );
  });

  test.each(promises.map(([, number = '', proof = '']) => [number, proof] as const))(
    '%s: tests it names carry its number',
    async (number, proof) => {
      const paths = [...proof.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) =>
        join(project, path),
      );
      const texts = (await Promise.all(paths.map(textsAt))).flat();
      expect(texts.filter((text) => new RegExp(`['"\`]${number}\\b`).test(text))).not.toEqual([]);
    },
  );

  test.each(['lmdb', 'lowdb'])(
    'names each file of the state folder and of the container, with index: %s',
    async (index) => {
      await mkdir(join(folder, 'Documents'));
      await writeFile(join(folder, 'Documents', 'letter.txt'), 'Dear reader');
      const mirror = `{ name: MIRROR, source: ./Documents, target: vault, container: letters, index: ${index} }`;
      await writeFile(
        join(folder, 'longshore.yaml'),
        `state: ./state\ntargets: { vault: { driver: local, root: ./vault } }\nmirrors: [${mirror}]\n`,
      );
      await run(process.execPath, [join(project, 'dist', 'bundle', 'main.js'), 'reconcile'], {
        cwd: folder,
      });
      const files = async (of: string) =>
        (await readdir(join(folder, of), { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile() && entry.name !== 'letter.txt')
          .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, of).length + 1));
      const inState = (await files('state')).map((file) =>
        file.replace(/^lock\.\d+$/, 'lock.*').replace(/-lock$/, ''),
      );
      const inVault = (await files('vault')).map((file) => file.replace(/^letters\//, ''));
      expect(inState).toContain('mirrors/MIRROR/ledger.json');
      expect(inVault).toContain('.longshore/lease');
      expect([...inState, ...inVault].filter((file) => !page.includes(`${file}\``))).toEqual([]);
    },
  );
});
