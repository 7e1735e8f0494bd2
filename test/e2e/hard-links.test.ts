import { appendFileSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

test.each(['chokidar', 'directories'])(
  'P1: %s: a change of a file under one of its names reaches the objects of all of them',
  async (watch) => {
    const mirror = openLocalMirror(`    watch: ${watch}\n    rescan: 0s\n    reconcile: 0s\n`);
    const first = mirror.write('d1/a', 'first');
    mirror.write('d2/other');
    const daemon = mirror.daemon();
    await eventually(() => expect(mirror.objects()).toEqual(['d1/a', 'd2/other']));

    // A name that comes later, and one that only the scan of a new folder finds.
    linkSync(first, join(mirror.source, 'd2/b'));
    await eventually(() => expect(mirror.objects()).toContain('d2/b'));
    mirror.write('d3/x');
    linkSync(first, join(mirror.source, 'd3/c'));
    await eventually(() => expect(mirror.objects()).toContain('d3/c'));
    const contents = (...names: string[]) =>
      names.map((name) => readFileSync(join(mirror.container, name), 'utf8'));

    appendFileSync(first, ' second');
    await eventually(() =>
      expect(contents('d1/a', 'd2/b', 'd3/c')).toEqual(Array(3).fill('first second')),
    );

    // Written under a name that is removed at once.
    appendFileSync(join(mirror.source, 'd3/c'), ' third');
    rmSync(join(mirror.source, 'd3/c'));
    await eventually(() =>
      expect(contents('d1/a', 'd2/b')).toEqual(Array(2).fill('first second third')),
    );
    await eventually(() => expect(mirror.differences()).toEqual([]));

    // So many changes in one folder that the folder is scanned instead.
    for (let number = 0; number < 1_100; number += 1) mirror.write(`d1/new${number}`, '');
    appendFileSync(first, ' fourth');
    await eventually(() => expect(mirror.differences()).toEqual([]), 60_000);
    await endWhenDone(mirror, daemon);
  },
  120_000,
);
