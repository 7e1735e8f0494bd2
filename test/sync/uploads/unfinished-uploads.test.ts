import { describe, expect, test } from 'vitest';
import type { UploadToken } from '../../../src/drivers/capabilities.js';
import type { FileVersion } from '../../../src/file-stat.js';
import type { AbandonedUpload, Ledger, LedgerDocument } from '../../../src/state/ledger.js';
import {
  type UnfinishedUploads,
  unfinishedUploads,
} from '../../../src/sync/uploads/unfinished-uploads.js';
import { fakeClock } from '../../fakes/clock.js';

const VERSION = { size: 9, mtimeNs: 1n, ctimeNs: 2n, inode: 3n } as FileVersion;
const TOKEN: UploadToken = { driver: 'memory', container: 'c', key: 'p/a', opaque: 'begun' };

interface Kept {
  readonly uploads: UnfinishedUploads;
  readonly ledger: Ledger;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly warnings: string[];
}

function keep(document: Partial<LedgerDocument> = {}): Kept {
  let now: LedgerDocument = {
    version: 1,
    mirror: 'm',
    reconciled: true,
    unfinishedUploads: {},
    quarantined: {},
    ...document,
  };
  const ledger: Ledger = {
    read: () => now,
    async update(change) {
      now = change(now);
    },
    close: async () => undefined,
  };
  const warnings: string[] = [];
  const report = (what: string) => void warnings.push(what);
  const clock = fakeClock();
  const log = { error: report, warn: report, info: report, debug: report } as never;
  return {
    uploads: unfinishedUploads({
      ledger,
      driver: 'memory',
      container: 'c',
      prefix: 'p/',
      clock,
      log,
    }),
    ledger,
    clock,
    warnings,
  };
}

/** One upload that was begun of VERSION, in parts of 4 bytes. */
async function begun(token: UploadToken = TOKEN): Promise<Kept> {
  const kept = keep();
  const { resume } = await kept.uploads.plan('a', VERSION, 4);
  await resume.beginning?.();
  await resume.keep(token);
  return kept;
}

describe('P5: an upload in parts', () => {
  test('is in the ledger with its time before it begins, and with its token afterwards', async () => {
    const { uploads, ledger, clock } = keep();
    const { partSize, resume } = await uploads.plan('a', VERSION, 4);
    expect({ partSize, token: resume.token, idle: uploads.isIdle('a') }).toEqual({
      partSize: 4,
      token: undefined,
      idle: true,
    });
    await clock.advance(500);
    await resume.beginning?.();
    const beganAtMs = clock.now();
    const source = { size: 9, mtimeNs: '1', ctimeNs: '2', inode: '3' };
    expect(ledger.read().unfinishedUploads).toEqual({ a: { partSize: 4, source, beganAtMs } });
    expect(uploads.isIdle('a')).toBe(false);
    await clock.advance(500);
    await resume.keep(TOKEN);
    expect(ledger.read().unfinishedUploads).toEqual({
      a: { partSize: 4, source, beganAtMs, token: TOKEN },
    });
    expect(uploads.names()).toEqual(['a']);
  });

  test('is continued only when the metadata of its begin has the same MD5', async () => {
    const { uploads, ledger } = await begun();
    expect((await uploads.plan('a', VERSION, 4, 'an MD5')).resume.token).toBeUndefined();
    expect(ledger.read().abandonedUploads).toMatchObject([{ name: 'a', token: TOKEN }]);
    await (await uploads.plan('a', VERSION, 4, 'an MD5')).resume.keep(TOKEN);
    expect((await uploads.plan('a', VERSION, 4, 'an MD5')).resume.token).toMatchObject(TOKEN);
    expect((await uploads.plan('a', VERSION, 4, 'another')).resume.token).toBeUndefined();
  });

  test('is continued in parts of its own size, and its time stays', async () => {
    const { uploads, ledger, clock } = await begun();
    const before = ledger.read().unfinishedUploads['a'];
    await clock.advance(500);
    const { partSize, resume } = await uploads.plan('a', VERSION, 5);
    expect({ partSize, token: resume.token }).toEqual({ partSize: 4, token: TOKEN });
    expect(uploads.abandoned()).toEqual([]);
    expect(uploads.isIdle('a')).toBe(false);
    await resume.keep(TOKEN);
    expect(ledger.read().unfinishedUploads['a']).toEqual(before);
  });

  test.each<readonly [string, FileVersion, UploadToken]>([
    ['another size', { ...VERSION, size: 8 }, TOKEN],
    ['another mtime', { ...VERSION, mtimeNs: 9n }, TOKEN],
    ['another ctime', { ...VERSION, ctimeNs: 9n }, TOKEN],
    ['another inode', { ...VERSION, inode: 9n }, TOKEN],
    ['another driver', VERSION, { ...TOKEN, driver: 's3' }],
    ['another container', VERSION, { ...TOKEN, container: 'd' }],
    ['another prefix', VERSION, { ...TOKEN, key: 'q/a' }],
  ])(
    'that was begun with %s is abandoned, and another one begins',
    async (_what, version, token) => {
      const { uploads, ledger } = await begun(token);
      const { partSize, resume } = await uploads.plan('a', version, 5);
      expect({ partSize, token: resume.token }).toEqual({ partSize: 5, token: undefined });
      expect(ledger.read().unfinishedUploads).toEqual({});
      expect(uploads.abandoned()).toMatchObject([{ name: 'a', token }]);
    },
  );

  test('whose begin got no answer is abandoned by its name and time', async () => {
    const { uploads, clock } = keep();
    const { resume } = await uploads.plan('a', VERSION, 4);
    await resume.beginning?.();
    const beganAtMs = clock.now();
    expect((await uploads.plan('a', VERSION, 5)).partSize).toBe(5);
    expect(uploads.abandoned()).toEqual([{ name: 'a', beganAtMs }]);
  });

  test('is forgotten when it has ended, and no other', async () => {
    const { uploads, ledger } = await begun();
    await (await uploads.plan('toString', VERSION, 4)).resume.keep({ ...TOKEN, key: 'p/toString' });
    await uploads.finished('a');
    await uploads.finished('valueOf');
    expect(uploads.names()).toEqual(['toString']);
    expect(ledger.read().abandonedUploads).toBeUndefined();
    expect(uploads.isIdle('valueOf'), 'a name that every JavaScript object has').toBe(true);
  });
});

describe('uploads that no job continues', () => {
  const abandoned = (at: number): AbandonedUpload => ({ name: `old ${at}`, beganAtMs: at });

  test('stay in the ledger until the provider has forgotten them', async () => {
    const { uploads, ledger } = await begun();
    await uploads.abandon(['a', 'never begun']);
    await uploads.abandon(['a']);
    expect(uploads.abandoned()).toHaveLength(1);
    const [first] = uploads.abandoned();
    await (await uploads.plan('a', VERSION, 4)).resume.keep({ ...TOKEN, opaque: 'another' });
    await uploads.abandon(['a']);
    await uploads.settled([first!]);
    expect(uploads.abandoned()).toMatchObject([{ token: { opaque: 'another' } }]);
    await uploads.settled([]);
    await uploads.settled(uploads.abandoned());
    expect(ledger.read()).not.toHaveProperty('abandonedUploads');
  });

  test('P7: leave the ledger, the oldest first and with a log line, when they are too many', async () => {
    const { uploads, warnings } = keep({
      abandonedUploads: Array.from({ length: 999 }, (_, at) => abandoned(at)),
      unfinishedUploads: Object.fromEntries(
        ['a', 'b'].map((name) => [
          name,
          {
            partSize: 4,
            source: { size: 9, mtimeNs: '1', ctimeNs: '2', inode: '3' },
            beganAtMs: 7,
          },
        ]),
      ),
    });
    await uploads.abandon(['a']);
    expect(warnings).toEqual([]);
    await uploads.abandon(['b']);
    expect(warnings).toHaveLength(1);
    const names = uploads.abandoned().map(({ name }) => name);
    expect(names).toHaveLength(1_000);
    expect([names[0], ...names.slice(-2)]).toEqual(['old 1', 'a', 'b']);
  });
});
