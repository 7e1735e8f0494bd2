import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidingRule } from '../../src/watcher/deciding-rule.js';
import {
  bothExclusions,
  createExclusionCount,
  type Exclusions,
} from '../../src/watcher/exclusion.js';
import type { FilterSettings } from '../../src/watcher/filter.js';
import { ALL_NAMES, type NameRange } from '../../src/watcher/name-range.js';
import { openSource } from '../../src/watcher/source.js';
import { openWalkContext } from '../../src/watcher/stat-entry.js';
import { walk } from '../../src/watcher/walk.js';
import { temporaryFolder } from '../world/folder.js';
import { settings } from './walked.js';

function exclusionsIn(root: string, filter: FilterSettings, range: NameRange = ALL_NAMES) {
  const counted = createExclusionCount();
  const noop = () => {};
  const at = openWalkContext(openSource(root), settings({ filter }), noop, noop, counted.add);
  expect([...walk(at, '', range)]).toBeDefined();
  return counted.counts();
}

const byRule = ({ rules }: Exclusions) =>
  rules.map(({ pattern, place, entries }) => `${pattern} ${place?.kind ?? 'include'} ${entries}`);

function treeOf(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder('excluded');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe('what a walk leaves out', () => {
  it('is counted by the rule that excludes it, a folder with all that is in it as one', () => {
    const root = treeOf({
      'a.tmp': '',
      'b/c.tmp': '',
      'b/kept.tmp': '',
      'b/.longshoreignore': '# tmp\n!kept.tmp\n/cache/\n',
      'b/cache/1': '',
      'b/cache/2': '',
      'state/index': '',
      'd/.longshore-00000000-0000-0000-0000-000000000000.part': '',
      'd/e.txt': '',
    });
    const filter = { exclude: ['*.tmp'], include: [], never: ['state'] };
    const found = exclusionsIn(root, filter);
    expect(found.entries).toBe(5);
    expect(found.rules).toHaveLength(3);
    expect(found.rules.at(-1)).toEqual({
      pattern: '/cache/',
      place: { kind: 'ignore-file', path: 'b/.longshoreignore', line: 3 },
      entries: 1,
    });
    expect(found.rules).toEqual(
      expect.arrayContaining([
        { pattern: '*.tmp', place: { kind: 'setting', setting: 'exclude', index: 0 }, entries: 2 },
        { pattern: '', place: { kind: 'own' }, entries: 2 },
      ]),
    );
  });

  it('is what no pattern of include selects', () => {
    const root = treeOf({ 'a.txt': '', 'b.jpg': '', 'c/d.txt': '' });
    const filter = { exclude: [], include: ['*.jpg'], never: [] };
    expect(byRule(exclusionsIn(root, filter))).toEqual([' include 2']);
  });

  it('is the same in one walk and in two that share the source, and what `why` says of each', () => {
    const segment = fc.constantFrom('a', 'a-', 'b', 'c.tmp', 'x');
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const pattern = fc.constantFrom('*.tmp', 'a/', '/b', '!a', 'x', 'a/x', '!*.tmp', '*-');
    const patterns = fc.array(pattern, { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(path, { maxLength: 10 }), path, patterns, (paths, cut, exclude) => {
        const root = temporaryFolder('excluded');
        for (const each of paths) {
          try {
            mkdirSync(dirname(join(root, each)), { recursive: true });
            writeFileSync(join(root, each), '');
          } catch {} // a file and a folder of one name
        }
        const filter = { exclude, include: [], never: [] };
        const whole = exclusionsIn(root, filter);
        const parts = bothExclusions(
          exclusionsIn(root, filter, { upTo: cut }),
          exclusionsIn(root, filter, { after: cut }),
        );
        expect(parts.entries).toBe(whole.entries);
        expect(byRule(parts).sort()).toEqual(byRule(whole).sort());
        for (const { pattern: own, place } of whole.rules)
          if (place?.kind === 'setting') expect(exclude[place.index]).toBe(own);
      }),
      { numRuns: 100 },
    );
  });

  it('P7: is counted by rule in bounded memory, and as a whole exactly', () => {
    const counted = createExclusionCount();
    for (let line = 1; line <= 5_000; line += 1)
      counted.add({ pattern: 'x', place: { kind: 'ignore-file', path: `${line}/i`, line } });
    const { entries, rules } = counted.counts();
    expect([entries, rules.length]).toEqual([5_000, 100]);
  });
});

it('a rule that is counted is the one that the deciding rule names', () => {
  const root = treeOf({ 'a/b.tmp': '', 'a/.longshoreignore': '*.tmp\n' });
  const filter = { exclude: ['*.tmp'], include: [], never: [] };
  const { pattern, place } = decidingRule(root, 'a/b.tmp', false, filter);
  expect(exclusionsIn(root, filter).rules).toEqual([{ pattern, place, entries: 1 }]);
});
