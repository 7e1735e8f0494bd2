import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { bookkeepingPut } from '../../../src/drivers/bookkeeping.js';
import { scanMirror } from '../../../src/sync/mirror/scan-mirror.js';
import { type DueRun, RECONCILE } from '../../../src/sync/run.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const PROOF: DueRun = {
  ...RECONCILE,
  sides: { source: false, index: true, listing: true },
  deletes: false,
  why: 'objects are compared with their records',
};

async function prove({ mirror }: MirrorFixture) {
  const { finished } = await scanMirror(mirror, PROOF, mirror.parts.drain);
  return finished;
}

test('P4: a run without a source sends an object again that was damaged, and sees neither new nor missing files', async () => {
  const fixture = await openMirrorFixture();
  const { write, remove, run, storage, objects, mirror } = fixture;
  for (const path of ['gone', 'kept', 'damaged', 'lost']) write(path, `content of ${path}`);
  await run('reconcile');
  const { signal } = new AbortController();
  const ref = (name: string) => ({ container: 'c', key: `p/${name}` });
  const bytes = bytesBody(Buffer.from('other content'));
  await storage.putObject(ref('damaged'), bytes, bookkeepingPut(), { signal });
  await storage.deleteObject(ref('lost'), { signal });
  remove('gone');
  write('new');
  const before = mirror.parts.ledger.read();
  const { report } = await prove(fixture);
  expect(report).toMatchObject({ scanned: 4, unchanged: 2, uploaded: 2, deleted: 0, failed: 0 });
  expect(await objects()).toEqual({
    'p/gone': 'content of gone',
    'p/kept': 'content of kept',
    'p/damaged': 'content of damaged',
    'p/lost': 'content of lost',
  });
  expect(mirror.parts.ledger.read()).toEqual(before);
});

test('a run without a source needs no source', async () => {
  const fixture = await openMirrorFixture();
  fixture.write('a');
  await fixture.run('reconcile');
  const { source } = fixture.mirror.settings;
  renameSync(source, `${source}-away`);
  expect((await prove(fixture)).report).toMatchObject({ scanned: 1, unchanged: 1, failed: 0 });
});
