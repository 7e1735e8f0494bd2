import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasStrace, runFailing } from '../failing-calls.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { MAIN } from '../world/program.js';
import { differences, digestsBelow } from '../world/tree.js';

const FILES = 40;

describe.skipIf(!hasStrace)('P5: a failed write of the index', () => {
  test.each([
    ['run', 'EIO'],
    ['run', 'ENOSPC'],
    ['reconcile', 'EIO'],
  ])(
    '%s: a commit that fails with %s ends the process with 1 and its reason, and nothing is set aside',
    async (command, error) => {
      const mirror = openLocalMirror();
      writeFileSync(join(mirror.source, 'first'), 'content');
      await mirror.longshore('reconcile');
      for (let at = 0; at < FILES; at += 1)
        writeFileSync(join(mirror.source, `file ${at}`), `content ${at}`);
      const stateOfMirror = join(mirror.folder, 'state', 'mirrors', 'documents');
      const failing = {
        calls: 'pwrite64',
        path: join(stateOfMirror, 'index.mdb'),
        how: `error=${error}:when=1+`,
      };
      const args = [MAIN, '--config', join(mirror.folder, 'longshore.yaml'), command];
      const { code, stderr } = await runFailing(args, failing, { cwd: mirror.folder });
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(
        / error the (daemon|run) ends error="StateWrite\w+: .*index\.mdb: write failed \(/,
      );
      const lines = stderr
        .split('\n')
        .filter(
          (line) => !/^\S+Z (error|warn|info) \S|^longshore: |^ {2}because of: |^$/.test(line),
        );
      for (const line of lines)
        expect(line, 'only LMDB itself prints, on a line of its own').toMatch(
          /^Write error: [^"]*, size \d+$/,
        );
      expect(stderr).not.toMatch(/name-refused|set aside|damage|^ {4}at /m);
      expect(readdirSync(stateOfMirror).filter((name) => name.includes('damaged'))).toEqual([]);

      const { code: next, stderr: said } = await mirror.longshore('reconcile');
      expect(next, said).toBe(0);
      expect(said).not.toMatch(/state rebuilt/);
      expect(differences(digestsBelow(mirror.source), digestsBelow(mirror.container))).toEqual([]);
      expect(readdirSync(stateOfMirror)).not.toContain('check-needed');
    },
    120_000,
  );
});
