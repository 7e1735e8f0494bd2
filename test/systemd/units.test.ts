import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from './host.js';

const unit = (name: string) => join(checkout, 'systemd', name);

/** The directives of a unit file, without comments. */
async function directives(name: string): Promise<string[]> {
  return (await readFile(unit(name), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('daemon and one-shot are hardened alike', async () => {
  const [daemon, once] = await Promise.all([
    directives('longshore.service'),
    directives('longshore-reconcile.service'),
  ]);
  const hardening = daemon.slice(
    daemon.indexOf('CapabilityBoundingSet='),
    daemon.indexOf('[Install]'),
  );
  expect(hardening.length).toBeGreaterThan(20);
  expect(once.slice(-hardening.length)).toEqual(hardening);
});

test('nothing forbids V8 to compile', async () => {
  for (const name of ['longshore.service', 'longshore-reconcile.service']) {
    expect((await directives(name)).join('\n')).not.toContain('MemoryDenyWriteExecute');
  }
});

test.skipIf(!existsSync('/usr/bin/systemd-analyze'))(
  'P9: the exposure that systemd-analyze finds is under 2.0',
  () => {
    for (const name of ['longshore.service', 'longshore-reconcile.service']) {
      const text = execFileSync('systemd-analyze', ['security', '--offline=true', unit(name)], {
        encoding: 'utf8',
      });
      expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1])).toBeLessThan(2);
    }
  },
);
