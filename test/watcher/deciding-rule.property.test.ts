import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decidingRule } from '../../src/watcher/deciding-rule.js';
import type { Exclusion } from '../../src/watcher/exclusion.js';
import { openFilter } from '../../src/watcher/filter.js';
import { knownRulesInside } from '../../src/watcher/ignore-file.js';
import { foldersAbove, pathOnDisk } from '../../src/watcher/path.js';
import { temporaryFolder } from '../world/folder.js';

const segment = fc.constantFrom('a', 'b', 'c.tmp');
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const pattern = fc
  .tuple(
    fc.constantFrom('', '!', '/'),
    fc.constantFrom('a', 'b', 'c.tmp', '*.tmp', 'a/b', '**/b', '*'),
    fc.constantFrom('', '/'),
  )
  .map((parts) => parts.join(''));
const patterns = fc.array(pattern, { maxLength: 3 });

/** What the walk decides: folder by folder, from the top. Undefined: the file is mirrored. */
function exclusionOf(
  root: string,
  asked: string,
  exclude: string[],
  include: string[],
): Exclusion | undefined {
  let rules = openFilter({ exclude, include, never: [] });
  for (const folder of foldersAbove(asked)) {
    if (folder !== '' && rules.ignoresDirectory(folder)) return rules.exclusionOf(folder, true);
    rules = knownRulesInside(folder, pathOnDisk(root, folder), rules);
  }
  return rules.ignoresFile(asked) ? rules.exclusionOf(asked, false) : undefined;
}

test('deciding rule: excludes exactly the files that a walk ignores, by the same line', () => {
  fc.assert(
    fc.property(path, patterns, patterns, patterns, (asked, exclude, include, inFile) => {
      const root = temporaryFolder('rule');
      try {
        const ignoreFile = join(root, 'a', '.longshoreignore');
        mkdirSync(dirname(ignoreFile));
        writeFileSync(ignoreFile, inFile.join('\n'));
        const rule = decidingRule(root, asked, false, { exclude, include, never: [] });
        const { pattern: own, place } = rule;
        expect(exclusionOf(root, asked, exclude, include)).toEqual(
          rule.excludes ? { pattern: own, place } : undefined,
        );
        if (rule.place?.kind === 'setting')
          expect(rule.pattern).toBe(
            (rule.place.setting === 'exclude' ? exclude : include)[rule.place.index],
          );
        if (rule.place?.kind === 'ignore-file')
          expect(rule.pattern).toBe(inFile[rule.place.line - 1]);
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
  );
});
