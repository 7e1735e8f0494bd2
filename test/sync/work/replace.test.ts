import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import type { ContentClass } from '../../../src/sync/content-class.js';
import type { Remote } from '../../../src/sync/decide.js';
import { FREE, type Permit } from '../../../src/sync/guard/guard.js';
import type { Job } from '../../../src/sync/work/job.js';
import type { MirrorContext } from '../../../src/sync/work/mirror-context.js';
import { permitToReplace } from '../../../src/sync/work/replace.js';
import { record } from '../../state/fixtures.js';

const { signal } = new AbortController();
const COUNTED: Permit = { granted: true, refund: async () => undefined };
const TEXT = Buffer.from('some text that anybody can read, and a little more of it\n'.repeat(20));
const ZEROES = Buffer.alloc(1_000);

const THERE = { size: 1_140, inspected: false };

interface Before {
  readonly known?: ObjectRecord;
  readonly there?: Remote;
  readonly content?: Buffer;
  readonly permit?: Permit;
}

/** What is said about new content that looks so, and whom the guard was asked about. */
async function ask(
  why: string,
  looks: ContentClass,
  { known, there = 'absent', content = TEXT, permit = COUNTED }: Before,
) {
  const asked: unknown[] = [];
  const at = {
    index: { get: () => known },
    effects: {
      async head() {
        if (looks === 'ordinary') throw new Error('a look that is not needed');
        return there;
      },
      async beginning() {
        if (typeof there !== 'object') throw new Error('nothing is there');
        return content;
      },
    },
    guard: {
      async ask(...args: unknown[]) {
        asked.push(args);
        return permit;
      },
    },
  } as unknown as MirrorContext;
  return { answer: await permitToReplace({ name: 'a' } as Job, why, looks, at, signal), asked };
}

describe('P4: overwrite: the permit of the guard', () => {
  test.each<readonly [string, string, ContentClass, Before]>([
    ['by ordinary content', 'changed', 'ordinary', { known: record() }],
    ['without a record', 'changed', 'random', {}],
    ['that looked like that before', 'changed', 'random', { known: record({ looks: 'random' }) }],
    ['that was empty', 'changed', 'random', { known: record({ size: 0 }) }],
    ['that is not there', 'other-content', 'random', { there: 'absent' }],
    [
      'that holds the like already, though nothing is known of it',
      'other-content',
      'blank',
      { there: { ...THERE, size: 1_000 }, content: ZEROES },
    ],
    ['by ordinary content, whatever is there', 'other-content', 'ordinary', { there: THERE }],
    ['as a new one', 'new', 'random', { known: record(), there: THERE }],
  ])('is not needed to replace an object %s', async (_which, why, looks, before) => {
    expect(await ask(why, looks, before)).toEqual({ answer: FREE, asked: [] });
  });

  test.each<readonly [string, string, ContentClass, Before, Partial<ObjectRecord>]>([
    ['one by random content', 'changed', 'random', { known: record() }, record()],
    [
      'one by nothing',
      'changed',
      'blank',
      { known: record({ looks: 'random' }) },
      record({ looks: 'random' }),
    ],
    [
      'one without a record',
      'other-content',
      'random',
      { known: record(), there: { ...THERE, md5: 'a'.repeat(32), etag: 'e' } },
      { state: 'confirmed', kind: 'file', size: 1_140, md5: 'a'.repeat(32), etag: 'e', inode: 0n },
    ],
    [
      'a blank one without a record',
      'other-content',
      'random',
      { there: { ...THERE, size: 1_000 }, content: ZEROES },
      { md5: '', looks: 'blank' },
    ],
  ])('is requested to replace %s', async (_which, why, looks, before, known) => {
    const { answer, asked } = await ask(why, looks, before);
    expect(answer).toBe(COUNTED);
    expect(asked).toEqual([['overwrite', 'a', expect.objectContaining(known)]]);
  });

  test('holds the overwrite when it is refused', async () => {
    const { answer } = await ask('changed', 'random', {
      known: record(),
      permit: { granted: false },
    });
    expect(answer).toEqual({ outcome: 'held', change: 'overwrite' });
  });

  test('is not requested again after a rejection', async () => {
    const { answer, asked } = await ask('changed', 'random', {
      known: record({ guarded: 'rejected' }),
    });
    expect(answer).toMatchObject({ outcome: 'skipped', reason: 'overwrite-refused' });
    expect(asked).toEqual([]);
  });

  test('is requested, for an object without a record, with what the provider says alone', async () => {
    const { asked } = await ask('other-content', 'random', { there: THERE });
    const [[, , known]] = asked as [[string, string, ObjectRecord]];
    expect(known).not.toHaveProperty('etag');
    expect(known).not.toHaveProperty('looks');
  });
});
