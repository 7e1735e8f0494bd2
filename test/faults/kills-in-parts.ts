import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { call, randomContent } from '../drivers/conformance/fixture.js';
import { eventually } from '../world/eventually.js';
import type { RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { type Faulty, MIB } from './storage.js';

const FILM = 'film';
const SIZE = 36 * MIB + 7;
/** Parts that the service gets before it falls silent. */
const ARRIVED = 3;
/** Parts of one object that are under way at once. */
const AT_ONCE = 4;

/** kill -9 while a file goes in parts, counted by who stands between: nothing is sent twice, and nothing is left behind. */
export function killsInParts(at: Faulty): void {
  // As the settings of these tests have it; S3 and Google take no smaller parts than 5 MiB.
  const partSize = () => (['swift', 'azure_blobs'].includes(at.dialect.driver) ? 4 : 5) * MIB;
  const parts = () => Math.ceil(SIZE / partSize());

  /** Every part after the first few is never answered, so that the end comes in the middle for certain. */
  async function killInTheMiddle(mirror: RemoteMirror): Promise<void> {
    at.proxy.next('part', { kind: 'meanwhile', act: () => {} }, ARRIVED);
    at.proxy.next('part', { kind: 'stall' }, AT_ONCE);
    const daemon = mirror.daemon();
    await eventually(
      () => expect(at.proxy.count('part'), daemon.stderr()).toBe(ARRIVED + AT_ONCE),
      120_000,
    );
    daemon.kill('SIGKILL');
    await daemon.finished;
    expect(at.proxy.count('complete parts')).toBe(0);
  }

  /**
   * No part at the service that is not needed, and nothing different. The ETag of an object in parts shows that where the
   * provider's is known to tell the content; elsewhere the object is read back once.
   */
  async function expectSettled(mirror: RemoteMirror): Promise<void> {
    const ofParts = at.direct.capabilities.multipart?.etagOfParts(mirror.container, [
      { md5: '0'.repeat(32), size: 1 },
    ]);
    expect(await at.direct.capabilities.multipart?.unfinished(mirror.container, '', call)).toEqual(
      [],
    );
    await at.expectInSync(mirror);
    expect(at.proxy.count('get', FILM)).toBeLessThanOrEqual(ofParts === undefined ? 1 : 0);
  }

  test('P5: a daemon after kill -9 in the middle of a multipart upload sends only the missing parts', async () => {
    const mirror = at.open();
    writeFileSync(join(mirror.source, FILM), randomContent(SIZE));
    await killInTheMiddle(mirror);
    const before = at.proxy.count('part');
    const begun = at.proxy.count('begin parts');
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run)).toMatchObject({ uploaded: 1, failed: 0 });
    expect(at.proxy.count('part') - before).toBe(parts() - ARRIVED);
    expect(at.proxy.count('begin parts')).toBe(begun);
    expect(at.proxy.count('complete parts')).toBe(1);
    await expectSettled(mirror);
  });

  test('P5: a daemon after kill -9 and a change of the file begins the upload again, and no part of the first stays', async () => {
    const mirror = at.open();
    writeFileSync(join(mirror.source, FILM), randomContent(SIZE));
    await killInTheMiddle(mirror);
    writeFileSync(join(mirror.source, FILM), randomContent(SIZE));
    const before = at.proxy.count('part');
    const begun = at.proxy.count('begin parts');
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(at.proxy.count('part') - before).toBe(parts());
    expect(at.proxy.count('begin parts') - begun).toBe(1);
    await expectSettled(mirror);
  });

  test('P5: a daemon after kill -9 during a completion whose answer was lost sends no part again', async () => {
    const mirror = at.open();
    writeFileSync(join(mirror.source, FILM), randomContent(SIZE));
    at.proxy.next('complete parts', { kind: 'lose-answer' });
    at.proxy.next('complete parts', { kind: 'stall' });
    const daemon = mirror.daemon();
    await eventually(
      () => expect(at.proxy.count('complete parts'), daemon.stderr()).toBe(2),
      120_000,
    );
    daemon.kill('SIGKILL');
    await daemon.finished;
    const before = at.proxy.count('part');
    expect(before).toBe(parts());
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(at.proxy.count('part')).toBe(before);
    await expectSettled(mirror);
  });
}
