import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNaming } from '../../src/sync/naming.js';
import { openSource } from '../../src/watcher/source.js';
import { openWalkContext } from '../../src/watcher/stat-entry.js';
import { walk } from '../../src/watcher/walk.js';
import { temporaryFolder } from '../world/folder.js';
import { writeFiles } from '../world/tree.js';
import { settings, walked } from './walked.js';

function treeWithLinks(): string {
  const outer = temporaryFolder();
  const root = join(outer, 'source');
  writeFiles(outer, ['source/dir/x', 'source/file', 'outside/secret']);
  const links = {
    'to-file': 'file',
    'to-dir': 'dir',
    'to-link': 'to-file',
    'to-nothing': 'nowhere',
    'to-itself': 'to-itself',
    'to-outside': '../outside',
    'to-secret': join(outer, 'outside/secret'),
    'dir/to-top': '..',
    'dir/up-and-in': '../../source/file',
  };
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path));
  return root;
}

it('links: are skipped and reported, and nothing is deleted behind them', () => {
  const { paths, problems } = walked(treeWithLinks(), { symlinks: 'skip' });
  expect(paths).toEqual(['dir/x', 'file']);
  expect(problems).toHaveLength(9);
  expect(new Set(problems.map(({ reason, hides }) => `${reason} ${hides}`))).toEqual(
    new Set(['link-skipped below']),
  );
});

it('links: are not reported when they are excluded', () => {
  const { problems } = walked(treeWithLinks(), {
    symlinks: 'skip',
    filter: { exclude: ['to-*', 'up-*'], include: [], never: [] },
  });
  expect(problems).toEqual([]);
});

it('links: are followed within the source, and never in circles', () => {
  const { paths, problems } = walked(treeWithLinks(), { symlinks: 'follow' });
  expect(paths).toEqual([
    'dir/up-and-in',
    'dir/x',
    'file',
    'to-dir/up-and-in',
    'to-dir/x',
    'to-file',
    'to-link',
  ]);
  expect(Object.fromEntries(problems.map(({ path, reason }) => [path, reason]))).toEqual({
    'dir/to-top': 'link-loop',
    'to-dir/to-top': 'link-loop',
    'to-itself': 'link-loop',
    'to-nothing': 'link-dangling',
    'to-outside': 'link-outside',
    'to-secret': 'link-outside',
  });
  expect(new Set(problems.map(({ hides }) => hides))).toEqual(new Set(['path-and-below']));
});

it('links: end where two folders link to each other', () => {
  const root = temporaryFolder();
  writeFiles(root, ['a/x', 'b/y']);
  symlinkSync('../b', join(root, 'a/b'));
  symlinkSync('../a', join(root, 'b/a'));
  expect(walked(root, { symlinks: 'follow' }).paths).toEqual(['a/b/y', 'a/x', 'b/a/x', 'b/y']);
});

it('links: have the length of their text when preserved, and sort by name and suffix', () => {
  const root = temporaryFolder();
  writeFiles(root, ['a-file', 'a.file', 'a.rz', 'a.s/x', 'a0']);
  symlinkSync('zü', join(root, 'a'));
  symlinkSync('target', join(root, 'a.r'));
  const items = [...walk(openWalkContext(openSource(root), settings({ symlinks: 'preserve' })))];
  expect(
    items.map((item) => (item.kind === 'symlink' ? [item.path, item.size] : item.path)),
  ).toEqual(['a-file', 'a.file', ['a.r', 6], ['a', 3], 'a.rz', 'a.s/x', 'a0']);
});

it("links: a file with the name of a link's object is reported where links are preserved", () => {
  const root = temporaryFolder();
  writeFiles(root, ['x.rclonelink', 'y.rclonelink/file']);
  for (const name of ['x', 'y']) symlinkSync('target', join(root, name));
  const { paths, problems } = walked(root, { symlinks: 'preserve' });
  expect(paths).toEqual(['x', 'y', 'y.rclonelink/file']);
  expect(problems).toMatchObject([
    { path: 'x.rclonelink', reason: 'name-clash', hides: 'path-and-below' },
  ]);
  expect(walked(root, { symlinks: 'skip' }).paths).toEqual(['x.rclonelink', 'y.rclonelink/file']);
});

it('walk: finds nothing by a path that leads out of the source', () => {
  const root = treeWithLinks();
  expect(walked(root, {}, '../outside/secret')).toEqual({ paths: [], problems: [] });
});

it('walk: walks a source that is itself a link', () => {
  const outer = temporaryFolder();
  writeFiles(outer, ['real/a']);
  symlinkSync('real', join(outer, 'link'));
  symlinkSync('a', join(outer, 'real/b'));
  expect(walked(join(outer, 'link'), { symlinks: 'follow' })).toEqual({
    paths: ['a', 'b'],
    problems: [],
  });
});

it('P4: links: a path behind a skipped link is unseen, also by itself', () => {
  const root = treeWithLinks();
  expect(walked(root, {}, 'to-dir/x')).toMatchObject({
    paths: [],
    problems: [{ path: 'to-dir', reason: 'link-skipped', hides: 'path-and-below' }],
  });
  expect(walked(root, { symlinks: 'follow' }, 'to-dir/x').paths).toEqual(['to-dir/x']);
});

it.each(['skip', 'keep'] as const)(
  'walk: links, files and folders come in the order of their object names (folders: %s)',
  (folders) => {
    const segment = fc
      .constantFrom('a', 'a.', 'a.r', 'a.rclonelink', 'a.rclonelin', 'a-', 'a/', 'a0', 'b')
      .map((text) => text.replace('/', '~'));
    const path = fc
      .array(segment, { minLength: 1, maxLength: 3 })
      .map((segments) => segments.join('/'));
    const { nameOf } = createNaming('preserve', folders);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(path, fc.boolean()), { maxLength: 20, selector: ([path]) => path }),
        (things) => {
          const root = temporaryFolder();
          try {
            for (const [path, isLink] of things) {
              try {
                writeFiles(root, [path]);
                if (!isLink) continue;
                rmSync(join(root, path));
                symlinkSync('anywhere', join(root, path));
              } catch {} // a file where another path needs a folder: either may win
            }
            const items = [
              ...walk(
                openWalkContext(openSource(root), settings({ symlinks: 'preserve', folders })),
              ),
            ];
            const names = items.filter((item) => item.kind !== 'problem').map(nameOf);
            const found = readdirSync(root, { recursive: true, withFileTypes: true });
            const kept =
              folders === 'keep' ? found.filter((entry) => entry.isDirectory()).length : 0;
            expect(items.filter(({ kind }) => kind === 'folder')).toHaveLength(kept);
            expect(names).toEqual(
              [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
            );
          } finally {
            rmSync(root, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 200 },
    );
  },
);
