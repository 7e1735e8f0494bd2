import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const guard: GuardRule = { count: 5, share: 1, atLeast: 0, windowMs: 3_600_000 };

/** What becomes of a mirrored file, or of the record of it, before a run. */
const fate = fc.constantFrom(
  'gone',
  'gone',
  'gone',
  'there',
  'changed',
  'moved',
  'object lost',
  'rejected',
  'delete-approved',
  'overwrite-held',
  'sending',
  'unrecorded',
);
type Fate = typeof fate extends fc.Arbitrary<infer T> ? T : never;

async function meet(
  { mirror, write, storage }: MirrorFixture,
  name: string,
  fate: Fate,
): Promise<void> {
  const { index } = mirror.parts;
  const file = join(mirror.settings.source, name);
  const known = index.get(name);
  if (known === undefined) throw new Error(`${name} is not mirrored`);
  const change = (changes: Partial<ObjectRecord>) => index.put(name, { ...known, ...changes });
  if (fate === 'changed') write(name, `other content of ${name}`);
  if (fate === 'moved') renameSync(file, `${file}-moved`);
  else if (fate !== 'there' && fate !== 'changed') rmSync(file);
  if (fate === 'object lost')
    await storage.deleteObject(
      { container: 'c', key: `p/${name}` },
      { signal: new AbortController().signal },
    );
  if (fate === 'rejected' || fate === 'delete-approved' || fate === 'overwrite-held')
    await change({ guarded: fate });
  if (fate === 'sending') await change({ state: 'sending' });
  if (fate === 'unrecorded') await index.remove(name);
}

/** What two runs of a mirror leave behind. `byPages` false: each held delete is a job. */
async function outcome(fates: readonly Fate[], kind: 'scan' | 'reconcile', byPages: boolean) {
  const fixture = await openMirrorFixture({ mirror: { guard } });
  const { mirror, write, run } = fixture;
  if (!byPages) Object.assign(mirror, { holdPage: async (page: unknown) => page });
  const names = fates.map((_, at) => `folder${at % 3}/f${at}`);
  for (const name of names) write(name, `content of ${name}`);
  write('kept');
  await run('reconcile');
  for (const [at, name] of names.entries()) await meet(fixture, name, fates[at] ?? 'gone');
  const reports = [];
  for (let times = 0; times < 2; times += 1) {
    const { startedAtMs: _, seconds: __, ...report } = (await run(kind)).report;
    reports.push(report);
  }
  const { state, why, held, lagSeconds } = mirror.status(null);
  return {
    reports,
    state,
    why,
    held,
    isLagging: lagSeconds === null || lagSeconds > 0,
    objects: await fixture.objects(),
    verdicts: [...mirror.parts.index.entries()].map(([name, { guarded }]) => [name, guarded]),
  };
}

test('P4: held deletes: pages and jobs hold the same, report the same, and leave the same objects', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { minLength: 12, maxLength: 30 }),
      fc.constantFrom('scan', 'reconcile'),
      async (fates, kind) => {
        expect(await outcome(fates, kind, true)).toEqual(await outcome(fates, kind, false));
      },
    ),
    { numRuns: 4, endOnFailure: true },
  );
}, 240_000);
