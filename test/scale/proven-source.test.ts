import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { provenSource } from '../../src/scale/proven-source.js';
import { sourceDiffers } from '../../src/scale/source-proof.js';
import { fakeClock } from '../fakes/clock.js';
import { eventually } from '../world/eventually.js';
import { temporaryFolder } from '../world/folder.js';

function openSource() {
  const root = temporaryFolder('source');
  mkdirSync(join(root, 'a'));
  const clock = fakeClock();
  const proven = provenSource(root, { clock, log: silentLogger });
  onTestFinished(proven.close);
  const differs = async () => {
    const proof = proven.found();
    return proof === undefined ? 'not proved' : sourceDiffers(proof, root);
  };
  const rename = () => renameSync(join(root, 'a'), join(root, 'b'));
  const proved = () => eventually(async () => expect(await differs()).toBeUndefined());
  return { clock, proven, differs, rename, proved };
}

test('a source is proved once a minute', async () => {
  const { clock, differs, rename, proved } = openSource();
  await proved();
  rename();
  await clock.advance(59_000);
  expect(await differs()).toMatch(/1 of 1 folders/);
  await clock.advance(1_000);
  await proved();
});

test('it is proved sooner when a worker asks for that, but once a second at most', async () => {
  const { clock, proven, differs, rename, proved } = openSource();
  await proved();
  rename();
  const asked = Promise.all([proven.proveAgain(), proven.proveAgain()]);
  await clock.advance(999);
  expect(await differs()).toMatch(/1 of 1 folders/);
  await clock.advance(1);
  await asked;
  expect(await differs()).toBeUndefined();
});

test('one that is closed is not proved any more', async () => {
  const { clock, proven, differs, rename, proved } = openSource();
  await proved();
  rename();
  proven.close();
  await proven.proveAgain();
  await clock.advance(120_000);
  expect(await differs()).toMatch(/1 of 1 folders/);
});
