import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Backend } from '../../src/drivers/backend.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { openFolderTree } from '../../src/restore/folder-tree.js';
import { listSources } from '../../src/restore/list-sources.js';
import type { RestoreRules } from '../../src/restore/restore-context.js';
import type { RestoreEvent } from '../../src/restore/restore-events.js';
import { restoreAll } from '../../src/restore/restore-run.js';
import { openSelection } from '../../src/restore/selection.js';
import { openStaging } from '../../src/restore/staging.js';
import { call, plain, put } from '../drivers/conformance/fixture.js';
import { withQuickGet } from '../fakes/quick-get.js';
import { temporaryFolder } from '../world/folder.js';

const RULES: RestoreRules = {
  overwrite: 'never',
  links: true,
  dryRun: false,
  owner: false,
  specialBits: false,
  extended: true,
};
const PLACE = { container: 'c', prefix: '', trashPrefix: '.longshore/trash/' };

/** Restores all objects; the bytes that progress counts, and what became of each, in the order of names. */
async function restoreTo(root: string, backend: Backend): Promise<readonly unknown[]> {
  const events: RestoreEvent[] = [];
  let bytes = 0;
  const onBytes = (some: number) => {
    bytes += some;
  };
  const { signal } = call;
  const staging = await openStaging(root);
  const tree = openFolderTree(root, staging.foldsCase);
  const { foldsCase } = staging;
  const ctx = { backend, clock: systemClock, rules: RULES, tree, staging, foldsCase };
  const sources = listSources(backend, PLACE, openSelection([]), undefined, signal);
  try {
    await restoreAll(
      { ...ctx, onBytes, recordOf: () => undefined, recordInSnapshot: async () => undefined },
      sources,
      {
        lanes: 8,
        report: (event) => events.push(event),
        signal,
      },
    );
  } finally {
    tree.close();
    staging.close();
  }
  const reports = events
    .map(({ name, kind, size, notes, ...rest }) => [
      ...[name, kind, size, notes, rest.outcome],
      rest.outcome === 'failed' ? rest.problem : undefined,
    ])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return [`${bytes} bytes`, ...reports];
}

/** All below a folder: kind, mode, time, content. */
function everythingIn(root: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeNs, blocks } = lstatSync(path, { bigint: true });
    const name = path.slice(root.length);
    if (entry.isSymbolicLink()) found[name] = readlinkSync(path);
    else if (entry.isDirectory()) found[name] = 'folder';
    else found[name] = [mode, mtimeNs, blocks, readFileSync(path, 'latin1')];
  }
  return found;
}

/** No object is where the folder of another one belongs: which of the two comes first would be chance. */
const name = fc
  .tuple(
    fc.array(fc.constantFrom('p', 'q', '..'), { minLength: 1, maxLength: 2 }),
    fc.constantFrom('a', 'b', 'é', 'a.rclonelink'),
  )
  .map(([folders, leaf]) => [...folders, leaf].join('/'));
const content = fc.oneof(
  fc.string({ maxLength: 40 }).map((text) => Buffer.from(text)),
  fc.constantFrom(4096, 12_288, 20_000).map((size) => Buffer.alloc(size)),
  fc
    .integer({ min: 4000, max: 9000 })
    .map((size) => Buffer.concat([Buffer.alloc(size), Buffer.from('x')])),
);
const metaData = fc.record(
  {
    mtime: fc.constantFrom('1600000000.123456789', '-5.5', '0', 'NaN', '1e300', '99999999999999'),
    mode: fc.constantFrom('100644', '100400', '104755', '777', 'rw'),
  },
  { requiredKeys: [] },
);
const objects = fc.uniqueArray(fc.record({ name, content, metaData }), {
  selector: (object) => object.name,
  maxLength: 12,
});
const there = fc.array(
  fc.record({
    path: fc.constantFrom('p', 'q/p', 'p/a', 'p/b', 'q/é', 'q/p/a'),
    what: fc.constantFrom('file', 'same', 'link', 'folder' as const),
  }),
  { maxLength: 3 },
);
type There = Parameters<Parameters<typeof there.map>[0]>[0][number];

/** Throws where a link is: what it leads to is outside of the test. */
function writeNew(path: string, content: string | Buffer): void {
  writeFileSync(path, content, { flag: 'wx' });
}

function prepare(root: string, { path, what }: There, contents: ReadonlyMap<string, Buffer>): void {
  try {
    if (what === 'folder') mkdirSync(join(root, path), { recursive: true });
    else if (what === 'link') symlinkSync('/nowhere', join(root, path));
    else writeNew(join(root, path), what === 'same' ? (contents.get(path) ?? '') : 'mine');
    if (what !== 'folder' && what !== 'link') utimesSync(join(root, path), 1, 1);
  } catch {
    // Its folder is not there, or something else is.
  }
}

test('many small files that are restored together are what each by itself would be, with the same reports', async () => {
  const around = temporaryFolder('small');
  let together = 0;
  await fc.assert(
    fc.asyncProperty(objects, there, async (some, found) => {
      const backend = memoryBackend();
      await backend.createContainer('c', call);
      const filler = Array.from({ length: 20 }, (_, at) => ({
        ...{ name: `p/z${at}`, content: Buffer.from(`${at}`), metaData: { mtime: `${at}` } },
      }));
      const all = [...some, ...filler];
      for (const object of all)
        await put(backend, { container: 'c', key: object.name }, object.content, {
          ...plain,
          metaData: object.metaData as Record<string, string>,
        });
      const contents = new Map(all.map((object) => [object.name, object.content]));
      const quick = withQuickGet(backend);
      const getEach = quick.capabilities.quickGet!.getEach;
      const counted: Backend = {
        ...quick,
        capabilities: {
          ...quick.capabilities,
          quickGet: {
            getEach(container, wanted, ...rest) {
              together += wanted.length;
              return getEach(container, wanted, ...rest);
            },
          },
        },
      };
      const results = [];
      for (const each of [backend, counted]) {
        const root = mkdtempSync(join(around, 'root-'));
        chmodSync(root, 0o755);
        for (const one of found) prepare(root, one, contents);
        results.push([await restoreTo(root, each), everythingIn(root)]);
      }
      const [byItself, inMany] = results;
      // An object without a time gets that of its upload; both roads read the same.
      expect(inMany).toEqual(byItself);
    }),
    { numRuns: 60 },
  );
  expect(together, 'objects that were asked for together').toBeGreaterThan(500);
});
