import { appendFileSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

test.each(['chokidar', 'directories'])(
  'P1: %s: a change of a file under one of its names reaches the objects of all of them',
  async (watch) => {
    const place = openLocalMirror(`    watch: ${watch}\n    rescan: 0s\n    reconcile: 0s\n`);
    const first = place.write('d1/a', 'first');
    place.write('d2/other');
    const daemon = place.daemon();
    await eventually(() => expect(place.objects()).toEqual(['d1/a', 'd2/other']));

    // A name that comes later, and one that only the scan of a new folder finds.
    linkSync(first, join(place.source, 'd2/b'));
    await eventually(() => expect(place.objects()).toContain('d2/b'));
    place.write('d3/x');
    linkSync(first, join(place.source, 'd3/c'));
    await eventually(() => expect(place.objects()).toContain('d3/c'));
    const contents = (...names: string[]) =>
      names.map((name) => readFileSync(join(place.container, name), 'utf8'));

    appendFileSync(first, ' second');
    await eventually(() =>
      expect(contents('d1/a', 'd2/b', 'd3/c')).toEqual(Array(3).fill('first second')),
    );

    // Written under a name that is removed at once.
    appendFileSync(join(place.source, 'd3/c'), ' third');
    rmSync(join(place.source, 'd3/c'));
    await eventually(() =>
      expect(contents('d1/a', 'd2/b')).toEqual(Array(2).fill('first second third')),
    );
    await eventually(() => expect(place.differences()).toEqual([]));

    // So many changes in one folder that the folder is scanned instead.
    for (let number = 0; number < 1_100; number += 1) place.write(`d1/new${number}`, '');
    appendFileSync(first, ' fourth');
    await eventually(() => expect(place.differences()).toEqual([]), 60_000);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).code).toBe(0);
  },
  120_000,
);
