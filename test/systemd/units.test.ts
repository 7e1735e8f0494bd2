import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../world/folder.js';
import { checkout } from './host.js';

const unit = (name: string) => join(checkout, 'systemd', name);

/** The directives of a unit file, without comments. */
async function directives(name: string): Promise<string[]> {
  return (await readFile(unit(name), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const SERVICES = [
  'longshore.service',
  'longshore-reconcile.service',
  'longshore-reconcile@.service',
  'longshore-worker.service',
] as const;

const INSTALL = new Set(['[Install]', 'WantedBy=multi-user.target']);

test('daemon, one-shots and workers are hardened alike', async () => {
  const [daemon = [], ...others] = await Promise.all(SERVICES.map(directives));
  const hardening = daemon.slice(
    daemon.indexOf('CapabilityBoundingSet='),
    daemon.indexOf('[Install]'),
  );
  expect(hardening.length).toBeGreaterThan(20);
  for (const other of others)
    expect(other.filter((line) => !INSTALL.has(line)).slice(-hardening.length)).toEqual(hardening);
});

test('nothing forbids V8 to compile', async () => {
  for (const name of SERVICES)
    expect((await directives(name)).join('\n')).not.toContain('MemoryDenyWriteExecute');
});

const analyze = (...words: readonly string[]) =>
  execFileSync('systemd-analyze', ['security', '--offline=true', ...words], { encoding: 'utf8' });

describe.skipIf(!existsSync('/usr/bin/systemd-analyze'))('systemd-analyze security', () => {
  const exposureOf = (path: string) =>
    Number(/Overall exposure level for \S+: ([\d.]+)/.exec(analyze(path))?.[1]);

  test.each(SERVICES)('P9: finds an exposure under 2.0 of %s', (name) => {
    expect(exposureOf(unit(name))).toBeLessThan(2);
  });

  test('P9: finds an exposure under 2.0 of the daemon that may read all files', async () => {
    const path = join(temporaryFolder('units'), 'longshore.service');
    const files = [unit('longshore.service'), unit('drop-ins/read-all-files.conf')];
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    await writeFile(path, texts.join('\n'));
    expect(exposureOf(path)).toBeLessThan(2);
  });

  test.each(SERVICES)(
    'finds nothing open in %s but what a comment there gives a reason for',
    async (name) => {
      const rows = JSON.parse(analyze('--json=short', unit(name))) as {
        readonly name: string;
        readonly set: boolean | null;
        readonly exposure: string | null;
      }[];
      const open = rows.filter(({ exposure }) => exposure !== null).map((row) => row.name);
      expect(open.length).toBeGreaterThan(5);
      const comments = (await readFile(unit(name), 'utf8'))
        .split('\n')
        .filter((line) => line.startsWith('#   '))
        .join('\n');
      const directivesOpen = open.flatMap((each) =>
        each.split('/').map((part) => `${part.split('=')[0]}=`),
      );
      expect(
        directivesOpen.filter((each) => each !== 'RootImage=' && !comments.includes(each)),
      ).toEqual([]);
    },
  );
});
