import { expect, test, vi } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { createChangedNames, MOST_CHANGED } from '../../src/sync/mirror/changed-names.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../world/mirror-in-process.js';

const never = new AbortController().signal;

/** A mirror and what happens after a listing was read, and before anybody has made anything of it. */
async function open(
  mirror: FixtureOptions['mirror'] = {},
): Promise<MirrorFixture & { afterListing(act: () => Promise<void>): void }> {
  let acts: (() => Promise<void>)[] = [];
  const fixture = await openMirrorFixture({
    mirror,
    wrap: (storage: Backend): Backend => ({
      ...storage,
      async listObjects(...asked) {
        const page = await storage.listObjects(...asked);
        const due = acts;
        acts = [];
        for (const act of due) await act();
        return page;
      },
    }),
  });
  return { ...fixture, afterListing: (act) => acts.push(act) };
}

async function send({ mirror }: MirrorFixture, path: string): Promise<void> {
  await mirror.intake.hint(path);
  await mirror.pending.whenEmpty(never);
}

test('P1: old listing: an object that was sent after it is deleted with its file, and not forgotten', async () => {
  const fixture = await open();
  const { queue } = fixture.mirror.parts;
  fixture.write('other');
  await fixture.run('reconcile');
  fixture.write('a');
  fixture.afterListing(async () => {
    await send(fixture, 'a');
    queue.pause();
  });
  const reconcile = fixture.run('reconcile');
  // The reconcile finds a file that the listing does not know. Before it is looked at, it is gone. The other file waits as well
  // when it was hashed within a tick of the clock.
  await vi.waitUntil(() => queue.waiting > 0, { timeout: 30_000 });
  fixture.remove('a');
  await fixture.mirror.intake.hint('a');
  queue.resume();
  await reconcile;
  expect(await fixture.objects()).toEqual({ 'p/other': 'other' });
});

test('P1: old listing: does not replace what is known of an object that was sent after it', async () => {
  // With times, the object would also be recognised by its own.
  const fixture = await open({ metadata: [] });
  const { queue } = fixture.mirror.parts;
  fixture.write('a', 'before');
  await fixture.run('reconcile');
  fixture.write('a', 'after!');
  fixture.afterListing(async () => {
    await send(fixture, 'a');
    queue.pause();
  });
  const reconcile = fixture.run('reconcile');
  await vi.waitUntil(() => queue.waiting === 1, { timeout: 30_000 });
  fixture.write('a', 'before');
  await fixture.mirror.intake.hint('a');
  queue.resume();
  await reconcile;
  expect(await fixture.objects()).toEqual({ 'p/a': 'before' });
});

test('old listing: counts as old for every name when too many names have changed', () => {
  const changed = createChangedNames();
  for (let at = 0; at < MOST_CHANGED; at += 1) changed.add(`f${at}`);
  expect(changed.has('f0')).toBe(true);
  expect(changed.has('other')).toBe(false);
  changed.add('one more');
  expect(changed.has('other')).toBe(true);
});
