import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomContent } from '../drivers/conformance/fixture.js';
import { BARE_200, LOGIN_PAGE } from '../fakes/scripted-faults.js';
import { summaryOf } from '../world/program.js';
import type { Fault } from './fault-proxy.js';
import { expectDone, type Faulty, MIB, SMALL } from './storage.js';

const TWENTY_MINUTES_MS = 20 * 60_000;

/** Trouble that passes is waited out, and every file arrives once. */
export function passingFaults(at: Faulty): void {
  test('P1: files that each meet another fault all arrive, each sent until it has arrived', async () => {
    const { proxy, refused } = at;
    const mirror = at.open({ timeout: '2s' });
    const faults: readonly (readonly [string, Fault, number])[] = [
      ['met 500', refused(500, 'InternalError'), 3],
      ['met SlowDown', refused(503, 'SlowDown'), 3],
      ['met SlowDown with Retry-After', refused(503, 'SlowDown', { 'retry-after': '1' }), 2],
      ['met a reset in the middle of its body', { kind: 'reset', afterBytes: 2000 }, 3],
      ['met a lost answer', { kind: 'lose-answer' }, 2],
      ['met a stall', { kind: 'stall' }, 1],
      ['met a wrong hash', at.lying(), 1],
      ['met a login page', LOGIN_PAGE, 3],
      ['met 200 and nothing else', BARE_200, 3],
      ['met a login page behind which it was stored', { ...LOGIN_PAGE, done: true }, 1],
      ['met credentials that had ended', { kind: 'answer', answer: at.dialect.expired }, 3],
    ];
    for (const [name, fault, times] of faults) {
      writeFileSync(join(mirror.source, name), randomContent(3000));
      proxy.next(['put', name], fault, times);
    }
    const streamed = 'streamed, met a reset in the middle of its body';
    writeFileSync(join(mirror.source, streamed), randomContent(3 * MIB + 5));
    proxy.next(['put', streamed], { kind: 'reset', afterBytes: MIB }, 2);
    const changed = 'streamed, changed on its way';
    writeFileSync(join(mirror.source, changed), randomContent(3 * MIB + 5));
    proxy.next(['put', changed], { kind: 'flip', at: 2 * MIB }, 2);
    const run = await mirror.longshore('--reconcile', '--json');
    expectDone(run, {});
    // An object whose put was answered with a wrong hash, or none, is adopted when a HEAD has the right one.
    const { uploaded, adopted } = summaryOf(run);
    expect(Number(uploaded) + Number(adopted)).toBe(faults.length + 2);
    await at.expectInSync(mirror);
  });

  test('P1: files in parts arrive in spite of faults of parts and of completions', async () => {
    const { proxy, refused } = at;
    const mirror = at.open();
    const completions: readonly (readonly [string, Fault])[] = [
      ['its completion was lost', { kind: 'lose-answer' }],
      ['its completion was refused', refused(503, 'SlowDown')],
      [
        'its completion said yes, with an error inside',
        { kind: 'answer', answer: at.dialect.errorInside('complete parts') },
      ],
      ['its completion is answered with a wrong hash', at.lying()],
      ['its completion met a login page', LOGIN_PAGE],
      ['its completion met a login page behind which it was made', { ...LOGIN_PAGE, done: true }],
    ];
    for (const [name, fault] of completions) {
      writeFileSync(join(mirror.source, name), randomContent(11 * MIB));
      proxy.next(['complete parts', name], fault);
    }
    proxy.next('part', refused(500, 'InternalError'), 2);
    proxy.next('part', at.lying());
    proxy.next('part', { kind: 'reset', afterBytes: MIB });
    proxy.next('part', { kind: 'lose-answer' });
    proxy.next('part', LOGIN_PAGE);
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    await at.expectInSync(mirror);
    expect(
      await at.direct.capabilities.multipart?.unfinished(mirror.container, '', {
        signal: new AbortController().signal,
      }),
    ).toEqual([]);
  });

  test('P1: a listing that is cut short, or stops in the middle, is requested again', async () => {
    const mirror = at.open({ timeout: '2s' });
    at.fill(mirror);
    expectDone(await mirror.longshore('--reconcile', '--json'), { uploaded: 7 });
    at.proxy.next('list', { kind: 'truncate', afterBytes: 1 });
    at.proxy.next('list', { kind: 'stall-body', afterBytes: 1 });
    at.proxy.next('list', LOGIN_PAGE);
    expectDone(await mirror.longshore('--reconcile', '--json'), { uploaded: 0, unchanged: 7 });
  });

  test('P1: a copy and a batch delete are repeated when a status 200 carries an error or a login page', async () => {
    const mirror = at.open();
    at.fill(mirror);
    expectDone(await mirror.longshore('--reconcile', '--json'), { uploaded: 7 });
    renameSync(join(mirror.source, 'folder/f0'), join(mirror.source, 'renamed'));
    for (const name of SMALL.slice(1)) rmSync(join(mirror.source, name));
    at.proxy.next('copy', { kind: 'answer', answer: at.dialect.errorInside('copy') });
    at.proxy.next('copy', LOGIN_PAGE);
    const deletes = at.dialect.deletesTogether === false ? 'delete' : 'delete together';
    at.proxy.next(deletes, LOGIN_PAGE);
    at.proxy.next(deletes, { kind: 'answer', answer: at.dialect.errorInside(deletes) });
    expectDone(await mirror.longshore('scan', '--json'), {
      uploaded: 0,
      copied: 1,
      deleted: 6,
      bytes: 0,
    });
    await at.expectInSync(mirror);
  });

  test.each([
    ['ahead', TWENTY_MINUTES_MS],
    ['behind', -TWENTY_MINUTES_MS],
  ])(
    'P1: a machine whose clock is 20 minutes %s mirrors, and its log says that the clock is wrong',
    async (_, offMs) => {
      const shift = `const now = Date.now; Date.now = () => now() + ${offMs};`;
      const mirror = at.open({
        nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(shift)}`],
      });
      at.fill(mirror);
      const run = await mirror.longshore('--reconcile', '--json');
      expectDone(run, { uploaded: 7 });
      expect(run.stderr).toContain('the clock of this machine differs');
      expect(await mirror.differences()).toEqual([]);
    },
  );
}
