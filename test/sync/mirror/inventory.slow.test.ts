import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MirrorConfig } from '../../../src/config/config.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { InventoryError } from '../../../src/sync/inventory/inventory-error.js';
import { call, plain } from '../../drivers/conformance/fixture.js';
import { deliverInventory, type InventoryRow, rowsNow } from '../../fakes/s3-inventory.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const INVENTORY = {
  container: 'lists',
  prefix: '',
  id: 'nightly',
  maxAgeMs: 3_600_000,
  otherwise: 'fail',
} as const;

interface InventoryFixture extends MirrorFixture {
  /** Delivers what an inventory would have of the container now. */
  deliver(change?: (rows: InventoryRow[]) => InventoryRow[]): Promise<void>;
  /** Puts, or deletes, an object as another program would. */
  foreign(key: string, content: string | undefined): Promise<void>;
  /** Pages of the mirror's container that were listed. */
  listed(): number;
  /** Names and contents, without what is longshore's own. */
  contents(): Promise<Record<string, string>>;
}

async function openFixture(mirror: Partial<MirrorConfig> = {}): Promise<InventoryFixture> {
  let listed = 0;
  const fixture = await openMirrorFixture({
    mirror: { inventory: INVENTORY, ...mirror },
    wrap: (backend) => ({
      ...backend,
      listObjects(container, ...rest) {
        if (container === 'c') listed += 1;
        return backend.listObjects(container, ...rest);
      },
    }),
  });
  const { storage } = fixture;
  await storage.createContainer('lists', call);
  let madeAtMs = Date.now() - 1_000;
  return {
    ...fixture,
    listed: () => listed,
    async deliver(change = (rows) => rows) {
      madeAtMs += 1;
      for (const { key } of (await storage.listObjects('lists', '', {}, call)).items)
        await storage.deleteObject({ container: 'lists', key }, call);
      const rows = change(await rowsNow(storage, 'c'));
      await deliverInventory(storage, { ...INVENTORY, source: 'c', madeAtMs }, rows);
    },
    async foreign(key, content) {
      const ref = { container: 'c', key };
      if (content === undefined) await storage.deleteObject(ref, call);
      else await storage.putObject(ref, bytesBody(Buffer.from(content)), plain, call);
    },
    async contents() {
      const all = Object.entries(await fixture.objects());
      return Object.fromEntries(all.filter(([key]) => !key.includes('.longshore/')));
    },
  };
}

/** Two runs: the first reconcile deletes nothing. */
async function reconciled(fixture: InventoryFixture): Promise<void> {
  await fixture.run('reconcile');
  await fixture.deliver();
  await fixture.run('reconcile');
}

test('inventory: the first reconcile lists the container, and a later one does not', async () => {
  const fixture = await openFixture();
  fixture.write('a');
  await fixture.run('reconcile');
  expect(fixture.listed()).toBeGreaterThan(0);
  await fixture.deliver();
  const before = fixture.listed();
  fixture.write('b');
  fixture.remove('a');
  await fixture.run('reconcile');
  expect(fixture.listed()).toBe(before);
  expect(await fixture.contents()).toEqual({ 'p/b': 'b' });
});

test('inventory: what agrees with the index takes no look, and each difference takes one', async () => {
  const fixture = await openFixture({ extraneous: 'delete' });
  const { faults } = fixture;
  for (const name of ['a', 'b', 'c', 'd']) fixture.write(name);
  await fixture.foreign('p/stray', 'stray');
  await fixture.foreign('p/gone', 'gone');
  await fixture.run('reconcile');
  await fixture.foreign('p/a', undefined);
  await fixture.foreign('p/b', 'other');
  await fixture.deliver((rows) => rows.filter(({ key }) => key !== 'p/c'));
  await fixture.foreign('p/gone', undefined);
  const before = faults.calls.length;
  await fixture.run('reconcile');
  const counts = (operation: string) =>
    faults.calls.slice(before).filter((each) => each === operation).length;
  expect(counts('headObject')).toBe(6); // all but d, and once more before the delete
  expect(counts('putObject')).toBe(2);
  expect(await fixture.contents()).toEqual({ 'p/a': 'a', 'p/b': 'b', 'p/c': 'c', 'p/d': 'd' });
});

test('P6: a lost index is rebuilt from a listing, and not from an inventory', async () => {
  const fixture = await openFixture();
  fixture.write('a');
  await fixture.foreign('p/a', 'a');
  await fixture.deliver((rows) => rows.filter(({ key }) => key !== 'p/a'));
  const before = fixture.faults.calls.length;
  await fixture.run('reconcile');
  expect(fixture.faults.calls.slice(before)).not.toContain('putObject');
});

test('P4: extraneous objects of a mirror whose lease the inventory does not have yet are left to it', async () => {
  const fixture = await openFixture({ extraneous: 'delete' });
  fixture.write('mine');
  await fixture.foreign('p/laptop/deep/a', 'theirs');
  await fixture.foreign('p/stray/b', 'stray');
  await fixture.run('reconcile');
  await fixture.deliver();
  await fixture.foreign('p/laptop/.longshore/lease', 'lease');
  await fixture.run('reconcile');
  expect(await fixture.contents()).toEqual({ 'p/mine': 'mine', 'p/laptop/deep/a': 'theirs' });
  expect(fixture.events).toContainEqual(
    expect.objectContaining({
      event: 'skipped',
      path: 'laptop/deep/a',
      detail: expect.stringMatching(/another mirror writes to p\/laptop\//),
    }),
  );
});

test('inventory: extraneous objects are reported only while they are there', async () => {
  const fixture = await openFixture({ extraneous: 'report' });
  fixture.write('mine');
  await fixture.foreign('p/stays', 's');
  await fixture.foreign('p/goes', 'g');
  await fixture.run('reconcile');
  await fixture.deliver();
  await fixture.foreign('p/goes', undefined);
  const before = fixture.events.length;
  const { report } = await fixture.run('reconcile');
  const skipped = fixture.events
    .slice(before)
    .flatMap((event) => (event.event === 'skipped' ? [[event.path, event.reason]] : []));
  expect(skipped).toEqual([['stays', 'extraneous']]);
  expect(report.skipped).toBe(1);
});

test('inventory: one that cannot be used fails the reconcile, or has the container listed', async () => {
  const strict = await openFixture();
  const lenient = await openFixture({ inventory: { ...INVENTORY, otherwise: 'list' } });
  for (const fixture of [strict, lenient]) {
    fixture.write('a');
    await fixture.run('reconcile');
    await fixture.deliver();
    const { items } = await fixture.storage.listObjects('lists', '', {}, call);
    for (const { key } of items)
      if (key.endsWith('.csv.gz'))
        await fixture.storage.deleteObject({ container: 'lists', key }, call);
    await fixture.foreign('p/a', undefined);
  }
  await expect(strict.run('reconcile')).rejects.toBeInstanceOf(InventoryError);
  expect(await strict.contents()).toEqual({});
  await lenient.run('reconcile');
  expect(await lenient.contents()).toEqual({ 'p/a': 'a' });
});

const name = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f');
const content = fc.constantFrom('one', 'two', 'three and more');
const change = fc.tuple(name, fc.option(content, { nil: undefined }));
const changes = fc.array(change, { maxLength: 6 });
const history = fc.record({
  first: changes,
  foreignBefore: changes,
  sent: changes,
  unsent: changes,
  foreignAfter: changes,
  extraneous: fc.constantFrom('keep' as const, 'delete' as const),
  overwrite: fc.constantFrom('always' as const, 'never' as const),
  deletes: fc.constantFrom('mirror' as const, 'trash' as const, 'keep' as const),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

async function changeFiles(
  fixture: InventoryFixture,
  files: ReadonlySet<string> | undefined,
  made: History['first'],
): Promise<Set<string>> {
  const there = new Set(files);
  for (const [path, text] of made) {
    if (text !== undefined) fixture.write(path, text);
    else if (there.has(path)) fixture.remove(path);
    if (text === undefined) there.delete(path);
    else there.add(path);
  }
  return there;
}

/** Comes to the moment before the reconcile: the inventory is older than what was sent, and what was not. */
async function play(fixture: InventoryFixture, past: History): Promise<void> {
  fixture.write('always there');
  let files = await changeFiles(fixture, undefined, past.first);
  await reconciled(fixture);
  for (const [path, text] of past.foreignBefore) await fixture.foreign(`p/${path}`, text);
  await fixture.deliver();
  files = await changeFiles(fixture, files, past.sent);
  await fixture.run('scan');
  await changeFiles(fixture, files, past.unsent);
}

const settings = ({ extraneous, overwrite, deletes }: History) => ({
  extraneous,
  overwrite,
  deletes,
});

test('P1: a reconcile with an older inventory ends as one with a listing does', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (past) => {
      const byInventory = await openFixture(settings(past));
      const byListing = await openFixture({ ...settings(past), inventory: undefined });
      for (const fixture of [byInventory, byListing]) {
        await play(fixture, past);
        await fixture.run('reconcile');
      }
      expect(await byInventory.contents()).toEqual(await byListing.contents());
    }),
    { numRuns: 25 },
  );
}, 180_000);

test('P4: whatever others did since the inventory, it destroys nothing that a listing keeps, and the next one finds all of it', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (past) => {
      const byInventory = await openFixture(settings(past));
      const byListing = await openFixture({ ...settings(past), inventory: undefined });
      let before: Record<string, string> = {};
      for (const fixture of [byInventory, byListing]) {
        await play(fixture, past);
        for (const [path, text] of past.foreignAfter) await fixture.foreign(`p/${path}`, text);
        before = await fixture.contents();
        await fixture.run('reconcile');
      }
      const listed = await byListing.contents();
      const found = await byInventory.contents();
      const kept = Object.entries(before).filter(([key, text]) => listed[key] === text);
      for (const [key, text] of kept) expect(found[key], key).toBe(text);

      await byInventory.deliver();
      for (const fixture of [byInventory, byListing]) await fixture.run('reconcile');
      expect(await byInventory.contents()).toEqual(await byListing.contents());
    }),
    { numRuns: 25 },
  );
}, 180_000);
