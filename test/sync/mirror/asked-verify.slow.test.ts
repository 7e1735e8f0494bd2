import { expect, onTestFinished, test } from 'vitest';
import { call } from '../../drivers/conformance/fixture.js';
import { eventually } from '../../world/eventually.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { decay } from './decaying-backend.js';

/** A mirror without a scrub, with so many files, that takes what persons ask for. */
async function openAsked(files = 4) {
  const disks = decay();
  const fixture = await openMirrorFixture({ wrap: disks.wrap });
  for (let at = 0; at < files; at += 1) fixture.write(`f${at}`, `content ${at}`);
  await fixture.run('reconcile');
  const { askedVerify, parts } = fixture.mirror;
  const stop = new AbortController();
  const taken = askedVerify.take(stop.signal).catch((error: unknown) => error);
  const end = () => {
    stop.abort(new Error('stopped'));
    return taken;
  };
  onTestFinished(async () => void (await end()));
  return {
    ...fixture,
    disks,
    askedVerify,
    end,
    proven: () => [...parts.index.entries()].filter(([, { provenAtMs }]) => provenAtMs).length,
    ended: () => eventually(() => expect(askedVerify.status()?.state).not.toBe('running')),
  };
}

test('P2: asked verify: reads everything back, records the proofs, and names what is wrong', async () => {
  const { disks, storage, askedVerify, ended, proven } = await openAsked();
  disks.rot('p/f1');
  await storage.deleteObject({ container: 'c', key: 'p/f2' }, call);
  expect(askedVerify.begin({ part: 1 })).toBe('begun');
  await ended();
  expect(askedVerify.status()).toMatchObject({
    state: 'finished',
    objectsToRead: 4,
    objects: 4,
    proven: 2,
    wrongObjects: 2,
    error: null,
  });
  expect(askedVerify.status()?.wrong.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'f1', problem: 'damaged' },
    { name: 'f2', problem: 'missing' },
  ]);
  expect(proven()).toBe(2);
});

test('asked verify: a share is that of the oldest proofs, and another one goes on after them', async () => {
  const { askedVerify, ended, proven } = await openAsked();
  for (const after of [2, 4]) {
    expect(askedVerify.begin({ part: 0.5 })).toBe('begun');
    await eventually(() => expect(proven()).toBe(after));
    await ended();
  }
  askedVerify.begin({ bytes: 1 });
  await ended();
  expect(askedVerify.status()).toMatchObject({ objects: 1, bytesToRead: 1, objectsToRead: null });
});

test('asked verify: one at a time, and a person can end it', async () => {
  const { disks, askedVerify, ended } = await openAsked();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = () => {};
  const reading = new Promise<void>((resolve) => {
    reached = resolve;
  });
  disks.onRead = () => {
    reached();
    return held;
  };
  expect(askedVerify.stop()).toBe(false);
  askedVerify.begin({ part: 1 });
  await reading;
  expect(askedVerify.begin({ part: 1 })).toBe('busy');
  expect(askedVerify.stop()).toBe(true);
  release();
  await ended();
  expect(askedVerify.status()).toMatchObject({ state: 'stopped', error: null });
  disks.onRead = () => {};
  expect(askedVerify.begin({ part: 1 })).toBe('begun');
  await eventually(() => expect(askedVerify.status()?.state).toBe('finished'));
});

test('asked verify: a mirror that does not work takes nothing', async () => {
  const { askedVerify, end } = await openAsked(1);
  await end();
  expect(askedVerify.begin({ part: 1 })).toBe('waiting');
  expect(askedVerify.status()).toBeNull();
});
