import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames } from '../../../src/utf8-order.js';
import { openSource } from '../../../src/watcher/source.js';
import { openWalkContext } from '../../../src/watcher/stat-entry.js';
import { walk } from '../../../src/watcher/walk.js';
import { settings } from '../../watcher/walked.js';
import { temporaryFolder } from '../../world/folder.js';
import { writeFiles } from '../../world/tree.js';
import { mirrored, scanned } from './scan-fixture.js';

/** Short names that begin like each other, so that folders, files and cuts fall between one another. */
const segment = fc.constantFrom('a', 'a-', 'a.', 'a0', 'b', 'b!', 'é', '\u{10000}');
const anyPath = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .map((segments) => segments.join('/'));

function withoutClashes(paths: readonly string[]): string[] {
  const kept = new Set<string>();
  for (const path of paths) {
    const clash = [...kept].some(
      (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
    );
    if (!clash) kept.add(path);
  }
  return [...kept];
}

describe('a tree in two parts', () => {
  it('is the whole tree, wherever it is cut', async () => {
    await fc.assert(
      fc.property(
        fc.array(anyPath, { maxLength: 12 }),
        anyPath,
        fc.constantFrom('', '/', '.rclonelink', '~'),
        (paths, cut, suffix) => {
          const root = temporaryFolder();
          writeFiles(root, withoutClashes(paths));
          const names = (range: { after?: string; upTo?: string }) =>
            [...walk(openWalkContext(openSource(root), settings({})), '', range)].map(
              ({ path }) => path,
            );
          const at = cut + suffix;
          const whole = names({});
          expect(names({ upTo: at })).toEqual(whole.filter((name) => compareNames(name, at) <= 0));
          expect(names({ after: at })).toEqual(whole.filter((name) => compareNames(name, at) > 0));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('P1: gives the findings, counts and problems of one scan', async () => {
    const files = Array.from(
      { length: 60 },
      (_, n) => `${n % 4}/${n % 3 === 0 ? 'under/' : ''}f${n}`,
    );
    const fixture = await mirrored(files);
    for (const name of ['0/under/f12', '2/f10', '3/under/f3']) rmSync(join(fixture.root, name));
    for (const name of ['0/f4', '2/under/f6', '3/new'])
      writeFileSync(join(fixture.root, name), 'other content');
    mkdirSync(join(fixture.root, '2/pipe-folder'));
    const whole = await scanned(fixture.request());
    for (const cutAt of ['', '0/f4', '1', '2/under', '2/under/f30', '3/', 'z']) {
      const parts = await scanned(fixture.request(), { cutAt });
      expect([...parts.due].sort(), cutAt).toEqual([...whole.due].sort());
      expect(parts.walked, cutAt).toEqual(whole.walked);
      const { landmarks: _, ...summary } = parts.summary ?? { landmarks: [] };
      const { landmarks: __, ...expected } = whole.summary ?? { landmarks: [] };
      expect(summary, cutAt).toEqual(expected);
      // Nothing is said to be gone before both parts have been walked.
      const gone = parts.items.findIndex(
        (item) => item.kind === 'finding' && item.decision.action === 'delete',
      );
      expect(gone).toBeGreaterThan(parts.items.findIndex(({ kind }) => kind === 'walked'));
    }
  });

  it('P4: what both parts keep is reported once, with its whole number', async () => {
    const fixture = await mirrored(
      Array.from({ length: 20 }, (_, n) => `f${String(n).padStart(2, '0')}`),
    );
    for (let n = 0; n < 20; n += 2) rmSync(join(fixture.root, `f${String(n).padStart(2, '0')}`));
    const { problems, summary } = await scanned(fixture.request({ noDeletes: 'it is asked for' }), {
      cutAt: 'f07',
    });
    expect(problems.map(({ detail }) => detail)).toEqual(['10 objects are kept: it is asked for']);
    expect(summary).toMatchObject({ deletesKept: 10, complete: false, scanned: 11 });
  });

  it('a part that fails ends the scan', async () => {
    const fixture = await mirrored(['a', 'b', 'c']);
    rmSync(fixture.root, { recursive: true });
    await expect(scanned(fixture.request(), { cutAt: 'b' })).rejects.toThrow(/does not exist/);
  });
});
