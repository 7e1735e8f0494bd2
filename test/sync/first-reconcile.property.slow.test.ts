import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MirrorConfig } from '../../src/config/config.js';
import { bytesBody } from '../../src/drivers/body.js';
import { readTrashed } from '../../src/sync/trash/trash-name.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const { signal } = new AbortController();
const TRASH = 'p/.longshore/trash/';
const name = fc.constantFrom('a', 'b', 'b-c', 'd/e', 'd/f', 'g/h/i');
const content = fc.constantFrom('', 'one', 'two');
const tree = fc.dictionary(name, content);
const policy: fc.Arbitrary<Pick<MirrorConfig, 'overwrite' | 'extraneous' | 'deletes'>> = fc.record({
  overwrite: fc.constantFrom('always', 'never'),
  extraneous: fc.constantFrom('keep', 'report', 'delete'),
  deletes: fc.constantFrom('mirror', 'trash', 'keep'),
});

test('P4: a first reconcile takes nothing from a container, whatever is in it and whatever the mirror says', async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, policy, async (files, objects, policy) => {
      const { storage, write, run, ...fixture } = await openMirrorFixture({ mirror: policy });
      for (const [path, text] of Object.entries(objects)) {
        const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
        await storage.putObject(
          { container: 'c', key: `p/${path}` },
          bytesBody(Buffer.from(text)),
          options,
          { signal },
        );
      }
      for (const [path, text] of Object.entries(files)) write(path, text);
      const { report, complete } = await run('reconcile');

      const found = Object.entries(await fixture.objects());
      const live = Object.fromEntries(
        found
          .filter(([key]) => !key.startsWith(TRASH))
          .map(([key, text]) => [key.slice('p/'.length), text]),
      );
      const trashed = found
        .filter(([key]) => key.startsWith(TRASH))
        .map(([key, text]) => [readTrashed(key.slice(TRASH.length))?.name, text]);
      const replaced = Object.entries(objects).filter(
        ([path, text]) => path in files && files[path] !== text,
      );
      expect(live).toEqual(
        policy.overwrite === 'always' ? { ...objects, ...files } : { ...files, ...objects },
      );
      expect(trashed).toEqual(
        expect.arrayContaining(
          policy.overwrite === 'always' && policy.deletes === 'trash' ? replaced : [],
        ),
      );
      expect(trashed).toHaveLength(
        policy.overwrite === 'always' && policy.deletes === 'trash' ? replaced.length : 0,
      );
      expect(report).toMatchObject({ deleted: 0, failed: 0 });

      const foreign = Object.keys(objects).filter((path) => !(path in files));
      const listener = fixture.events.flatMap((event) =>
        event.event === 'skipped' && event.reason === 'extraneous' ? [event.path] : [],
      );
      expect(listener.sort()).toEqual(policy.extraneous === 'keep' ? [] : foreign.sort());
      expect(complete).toBe(policy.extraneous !== 'delete' || foreign.length === 0);
    }),
    { numRuns: 25 },
  );
}, 60_000);
