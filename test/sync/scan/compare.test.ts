import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexEntry } from '../../../src/state/index-entry.js';
import type { ObjectName, ObjectRecord } from '../../../src/state/object-index.js';
import { decide, type Policy, type RemoteFact } from '../../../src/sync/decide.js';
import { createNaming } from '../../../src/sync/naming.js';
import { compare, type Finding, type MissingName } from '../../../src/sync/scan/compare.js';
import { pageOf, type RemotePage } from '../../../src/sync/scan/remote-page.js';
import {
  NamesOutOfOrderError,
  openIndexSide,
  openListingSide,
  openSourceSide,
} from '../../../src/sync/scan/sides.js';
import { compareNames } from '../../../src/utf8-order.js';
import type { WalkItem } from '../../../src/watcher/walk.js';
import { MIRROR, recordOf, viewOf } from '../records.js';
import { anyPolicy, entry, fact, side } from './sides-fixture.js';

function pagesOf(
  objects: readonly (readonly [ObjectName, RemoteFact])[],
  size: number,
): () => Promise<RemotePage | undefined> {
  const pages: RemotePage[] = [];
  for (let at = 0; at < objects.length; at += size)
    pages.push(pageOf(objects.slice(at, at + size), false));
  return async () => pages.shift();
}

async function compared(
  local: readonly WalkItem[] | undefined,
  known: ReadonlyMap<ObjectName, ObjectRecord> | undefined,
  listing: Listing,
  policy: Policy = MIRROR,
) {
  const missingNames: MissingName[] = [];
  const findings: Finding[] = [];
  const counts = { scanned: 0, unchanged: 0, bytes: 0, kept: 0 };
  const sides = {
    source: local && openSourceSide(local[Symbol.iterator](), createNaming('skip')),
    index: known && openIndexSide(viewOf(known).entries()[Symbol.iterator]()),
    listing:
      listing && (await openListingSide(pagesOf(listing.objects, listing.pageSize), (key) => key)),
  };
  for await (const item of compare(
    sides,
    policy,
    (missing) => missingNames.push(missing),
    counts,
  )) {
    if (item.kind === 'finding') findings.push(item);
  }
  return { missingNames, findings, counts };
}

type Listing =
  | { readonly objects: readonly (readonly [ObjectName, RemoteFact])[]; readonly pageSize: number }
  | undefined;

describe('compare', () => {
  it('decides about each name once, with all that the sides have of it, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.option(side),
        fc.integer({ min: 1, max: 5 }),
        anyPolicy,
        async (local, known, remote, pageSize, policy) => {
          const ordered = <T>(map: ReadonlyMap<string, T>) =>
            [...map].sort(([a], [b]) => compareNames(a, b));
          const entries = ordered(local).map(([path, size]) => entry(path, size));
          const records = new Map(
            [...known].map(([path, size]) => [path, recordOf(entry(path, size))]),
          );
          const listing = remote && {
            objects: ordered(remote).map(([name, size]) => [name, fact(size)] as const),
            pageSize,
          };
          const result = await compared(entries, records, listing ?? undefined, policy);

          const names = [
            ...new Set([...local.keys(), ...known.keys(), ...(remote?.keys() ?? [])]),
          ].sort(compareNames);
          const expected = names.map((name) => {
            const size = local.get(name);
            const listed = remote?.get(name);
            const object =
              remote === null
                ? ('unknown' as const)
                : listed === undefined
                  ? ('absent' as const)
                  : fact(listed);
            const here = size === undefined ? undefined : entry(name, size);
            const decision = decide(here && { entry: here }, records.get(name), object, policy);
            return {
              kind: 'finding',
              name,
              local: here,
              known: records.get(name),
              remote: object,
              decision,
            };
          });
          const due = expected.filter(({ decision }) => decision.action !== 'nothing');
          expect(result.findings).toEqual(due.filter(({ local }) => local !== undefined));
          expect(result.missingNames).toEqual(
            due
              .filter(({ local }) => local === undefined)
              .map(({ name, remote }) => ({ name, remote })),
          );
          expect(result.counts).toEqual({
            scanned: local.size,
            unchanged: local.size - result.findings.length,
            bytes: [...local.values()].reduce((sum, size) => sum + size, 0),
            kept: expected.filter(
              (each) => !each.local && each.known && each.decision.action === 'nothing',
            ).length,
          });
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('P4: without a source, finds each object that is not what its record says, and no missing name', async () => {
    const records = new Map(['a', 'b', 'c'].map((path) => [path, recordOf(entry(path, 1))]));
    const objects = [
      ['a', fact(1)],
      ['b', fact(2)],
      ['d', fact(1)],
    ] as const;
    const policy = { ...MIRROR, extraneous: 'delete' } as const;
    const result = await compared(undefined, records, { objects, pageSize: 2 }, policy);
    expect(result.findings.map(({ name, decision }) => [name, decision])).toEqual([
      ['b', { action: 'upload', why: 'drift' }],
      ['c', { action: 'upload', why: 'drift' }],
      ['d', { action: 'report', what: 'extraneous' }],
    ]);
    expect(result.missingNames).toEqual([]);
    expect(result.counts).toEqual({ scanned: 4, unchanged: 1, bytes: 0, kept: 0 });
  });

  it('without an index, compares each file with its object', async () => {
    const listing = { objects: [['a', fact(1)] as const, ['c', fact(1)] as const], pageSize: 1 };
    const { findings, missingNames } = await compared(
      [entry('a', 2), entry('b', 1)],
      undefined,
      listing,
      { ...MIRROR, extraneous: 'report' },
    );
    expect(findings.map(({ name, decision }) => [name, decision])).toEqual([
      ['a', { action: 'upload', why: 'other-content' }],
      ['b', { action: 'upload', why: 'new' }],
    ]);
    expect(missingNames.map(({ name }) => name)).toEqual(['c']);
  });

  it('P7: gives out nothing for unchanged files', async () => {
    const entries = Array.from({ length: 1000 }, (_, n) => entry(String(n).padStart(4, '0'), n));
    const known = new Map(entries.map((entry) => [entry.path, recordOf(entry)]));
    const { findings, missingNames, counts } = await compared(entries, known, undefined);
    expect({ findings, missingNames, unchanged: counts.unchanged }).toEqual({
      findings: [],
      missingNames: [],
      unchanged: 1000,
    });
  });

  it('P4: refuses a listing, an index or a walk that is out of order, or names a thing twice', async () => {
    for (const names of [
      ['b', 'a'],
      ['a', 'a'],
      ['a', 'b', 'a/b'],
      ['\uffff', '\u{10000}', '\ue000'],
    ]) {
      const objects = names.map((name) => [name, fact(0)] as const);
      await expect(compared([], new Map(), { objects, pageSize: 1 })).rejects.toThrow(
        NamesOutOfOrderError,
      );
      await expect(compared([], new Map(), { objects, pageSize: 5 })).rejects.toThrow(
        NamesOutOfOrderError,
      );
      await expect(
        compared(
          names.map((name) => entry(name, 0)),
          new Map(),
          undefined,
        ),
      ).rejects.toThrow(NamesOutOfOrderError);
      const entries = names.map((name) => indexEntry(name, recordOf(entry(name, 0))));
      expect(() => {
        const index = openIndexSide(entries[Symbol.iterator]());
        for (const _ of names) index.advance();
      }).toThrow(NamesOutOfOrderError);
    }
  });

  it('goes on after empty pages', async () => {
    const pages = [
      pageOf([], false),
      pageOf([['a', fact(0)]], false),
      pageOf([], false),
      pageOf([], false),
      pageOf([['b', fact(0)]], false),
    ];
    const side = await openListingSide(
      async () => pages.shift(),
      (key) => key,
    );
    expect(side.name).toBe('a');
    await side.advance();
    expect(side.name).toBe('b');
    await side.advance();
    expect(side.name).toBeUndefined();
  });
});
