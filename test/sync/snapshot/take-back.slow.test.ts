import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../../src/state/object-index.js';
import { type RebuiltMirror, takeBack } from '../../../src/sync/snapshot/take-back.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const never = new AbortController().signal;

/** So long that a few hundred records fill a block. */
const nameOf = (at: number) => `${'a'.repeat(200)}/${'b'.repeat(200)}/${'c'.repeat(200)}-${at}`;
const FILES = 900;

/** A mirror with a snapshot of several blocks, whose index was lost. */
async function openLost(): Promise<{
  readonly fixture: MirrorFixture;
  readonly before: ReadonlyMap<ObjectName, ObjectRecord>;
}> {
  const fixture = await openMirrorFixture({
    mirror: { indexSnapshot: { everyMs: 3_600_000, ofSmall: true } },
  });
  for (let at = 0; at < FILES; at += 1) fixture.write(nameOf(at), `content ${at}`);
  await fixture.run('reconcile');
  const { index, ledger } = fixture.mirror.parts;
  const before = new Map(index.entries());
  expect(before.size).toBe(FILES);
  expect(Object.keys(await fixture.objects())).toContain('p/.longshore/index-snapshot');
  await index.removeAll([...before.keys()]);
  await ledger.update((document) => ({ ...document, reconciled: false }));
  return { fixture, before };
}

/** The mirror, with another `putAll` of its index. */
function withPutAll({ mirror }: MirrorFixture, putAll: ObjectIndex['putAll']): RebuiltMirror {
  const { settings, source, parts } = mirror;
  return { settings, source, parts: { ...parts, index: { ...parts.index, putAll } } };
}

describe('takeBack', () => {
  test('P5: goes on where it was interrupted in the middle', async () => {
    const { fixture, before } = await openLost();
    const { index } = fixture.mirror.parts;
    const interrupt = new AbortController();
    const interrupted = withPutAll(fixture, async (entries) => {
      await index.putAll(entries);
      interrupt.abort(new Error('killed'));
    });
    await expect(takeBack(interrupted, interrupt.signal)).rejects.toThrow('killed');
    expect(index.count()).toBeGreaterThan(0);
    expect(index.count()).toBeLessThan(FILES);
    const missing = FILES - index.count();
    expect(await takeBack(fixture.mirror, never)).toEqual({ records: FILES, taken: missing });
    expect(new Map(index.entries())).toEqual(before);
  });

  test('replaces no record that the index has', async () => {
    const { fixture, before } = await openLost();
    const { index } = fixture.mirror.parts;
    const newer = { ...(before.get(nameOf(1)) ?? expect.unreachable()), hashedAtMs: 1 };
    await index.put(nameOf(1), newer);
    expect(await takeBack(fixture.mirror, never)).toMatchObject({ taken: FILES - 1 });
    expect(index.get(nameOf(1))).toEqual(newer);
  });

  test('P7: puts a block of records at a time', async () => {
    const { fixture } = await openLost();
    const sizes: number[] = [];
    await takeBack(
      withPutAll(fixture, async (entries) => void sizes.push(entries.length)),
      never,
    );
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.reduce((sum, each) => sum + each)).toBe(FILES);
  });

  test('takes nothing once a reconcile has finished', async () => {
    const { fixture } = await openLost();
    await fixture.mirror.parts.ledger.update((document) => ({ ...document, reconciled: true }));
    expect(await takeBack(fixture.mirror, never)).toBeUndefined();
  });

  test('P6: a reconcile after it sends nothing, and finds no work', async () => {
    const { fixture } = await openLost();
    await takeBack(fixture.mirror, never);
    const { report } = await fixture.run('reconcile');
    expect(report).toMatchObject({ uploaded: 0, adopted: 0, deleted: 0, unchanged: FILES });
    rmSync(join(fixture.mirror.settings.source, nameOf(7)));
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 1, uploaded: 0 });
  });
});
