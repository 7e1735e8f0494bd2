import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openWorkspace } from '../world/workspace.js';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));

/** As npm lays it out; its dependencies are those of this package. */
function install(folder: string): void {
  for (const part of ['dist/bundle', 'package.json'])
    cpSync(join(PACKAGE, part), join(folder, part), { recursive: true });
  symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'));
}

test.each([
  ['exchanged for another version', (folder: string) => install(folder)],
  ['removed', () => {}],
])(
  'daemon: ends in order when its package is %s, before a thread of another version starts',
  async (_, next) => {
    const { folder, start } = openWorkspace('replaced');
    const installed = join(folder, 'lib/longshore');
    install(installed);
    mkdirSync(join(folder, 'source'));
    writeFileSync(
      join(folder, 'longshore.yaml'),
      `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents, settle: 20ms }
`,
    );
    const daemon = start(['run'], { main: join(installed, 'dist/bundle/main.js') });
    await expect.poll(daemon.stderr).toContain('run finished');
    renameSync(installed, join(folder, 'lib/.longshore-old'));
    next(installed);
    rmSync(join(folder, 'lib/.longshore-old'), { recursive: true });
    writeFileSync(join(folder, 'source/new'), 'content');
    const { code, stderr } = await daemon.finished;
    expect(code).toBe(1);
    expect(stderr).toContain(
      'the program was replaced on disk; exiting so that the service manager starts the new one',
    );
    expect(stderr).not.toContain('object failed');
  },
);
