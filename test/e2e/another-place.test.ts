import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { filesBelow } from '../world/tree.js';

describe.each([
  ['container', 'container: documents', 'container: others', 'vault/others'],
  [
    'prefix',
    'container: documents',
    'container: documents\n    prefix: laptop/',
    'vault/documents/laptop',
  ],
  ['target', './vault', './others', 'others/documents'],
])('P4: a mirror whose %s was changed in the configuration', (_, before, after, there) => {
  test('the first run deletes no object that is there, and mirrors every file to it', async () => {
    const mirror = openLocalMirror();
    const file = join(mirror.folder, 'longshore.yaml');
    for (const path of ['a', 'b']) mirror.write(path);
    expect((await mirror.longshore('reconcile')).code).toBe(0);

    const others = join(mirror.folder, there);
    mkdirSync(others, { recursive: true });
    for (const name of ['a', 'z']) writeFileSync(join(others, name), `a person's ${name}`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(before, after));
    rmSync(join(mirror.source, 'a'));
    const objects = () =>
      filesBelow(others).filter(
        (name) => !name.startsWith('.longshore/') && !name.startsWith('laptop/'),
      );

    // Records of the former container prove neither that the new one has the objects, nor that its `a` is longshore's.
    const scan = await mirror.longshore('scan', '--json');
    expect(scan.stderr).toMatch(
      / warn state rebuilt mirror=documents why=".*until now its objects went to .*, and from now on to /,
    );
    expect(summaryOf(scan)).toMatchObject({ uploaded: 1, deleted: 0 });
    for (let round = 0; round < 2; round += 1) {
      await mirror.longshore('reconcile');
      expect(objects()).toEqual(['a', 'b', 'z']);
      expect(readFileSync(join(others, 'a'), 'utf8')).toBe("a person's a");
    }
    expect((await mirror.longshore('reconcile')).code).toBe(0);
  });
});
