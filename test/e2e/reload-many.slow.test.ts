import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReloadAnswer } from '../../src/status/schema-reload.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

const MIRRORS = 50;

interface Status {
  readonly mirror: string;
  readonly state: string;
  readonly watch: { readonly losses: number; readonly directories: number };
  readonly totals: Readonly<Record<string, number>>;
  readonly lease: { readonly fence: number };
}

test('P1: of 50 mirrors one is changed: the others keep watches and counters, and no change is lost', async () => {
  const names = Array.from({ length: MIRRORS - 1 }, (_, at) => `m${at}`);
  const lines = (changed = '') =>
    names
      .map(
        (name) =>
          `  - name: ${name}\n    source: ./sources/${name}\n    target: vault\n    container: ${name}\n    settle: 20ms\n${name === 'm7' ? changed : ''}`,
      )
      .join('');
  const mirror = openLocalMirror(lines());
  const write = (name: string, file: string) => {
    const folder = name === 'documents' ? mirror.source : join(mirror.folder, 'sources', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), file);
  };
  const all = ['documents', ...names];
  const arrived = (file: string) =>
    all.filter((name) => {
      try {
        return readFileSync(join(mirror.folder, 'vault', name, file), 'utf8') === file;
      } catch {
        return false;
      }
    });
  const status = async (): Promise<readonly Status[]> => {
    const { stdout } = await mirror.longshore('status', '--json');
    return (JSON.parse(stdout) as { readonly mirrors: readonly Status[] }).mirrors;
  };
  for (const name of all) write(name, 'first');
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toMatch(/ watching mirrors=50 /), 120_000);
  await eventually(async () => {
    const states = (await status()).map(({ state }) => state);
    expect(states).toEqual(all.map(() => 'in-sync'));
  }, 120_000);
  const before = await status();

  mirror.writeConfig(lines('    settle_limit: 99s\n'));
  const reloading = mirror.longshore('reload', '--json');
  for (const name of all) {
    write(name, 'during');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answer = JSON.parse((await reloading).stdout) as ReloadAnswer;
  expect(answer.outcome).toBe('done');
  expect(answer.mirrors.kept.toSorted()).toEqual(all.filter((name) => name !== 'm7').sort());
  for (const name of all) write(name, 'after');
  for (const file of ['first', 'during', 'after'])
    await eventually(() => expect(arrived(file)).toEqual(all), 120_000);

  await eventually(async () => {
    for (const [at, now] of (await status()).entries()) {
      const was = before[at];
      expect(now.mirror).toBe(was?.mirror);
      expect(now.lease.fence, now.mirror).toBe(was?.lease.fence); // the lease was held all the time
      if (now.mirror === 'm7') continue;
      expect(now.watch, now.mirror).toEqual(was?.watch);
      expect(now.totals['uploaded'], now.mirror).toBe((was?.totals['uploaded'] ?? 0) + 2);
    }
  }, 60_000);
  const { stderr } = await endWhenDone(mirror, daemon);
  for (const name of all) {
    const times = name === 'm7' ? 2 : 1;
    const lineOf = (event: string) => stderr.match(new RegExp(` ${event} mirror=${name} `, 'g'));
    expect(lineOf('mirroring'), name).toHaveLength(times);
    expect(lineOf('run started'), name).toHaveLength(times);
  }
});
