import { utimesSync } from 'node:fs';
import fc from 'fast-check';
import { expect, expectTypeOf, test } from 'vitest';
import type { Remote } from '../../../src/sync/decide.js';
import type { Job } from '../../../src/sync/work/job.js';
import { entryOf, plainEntry, plainRemote, remoteOf } from '../../../src/sync/work/plain-facts.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { testJob } from './test-job.js';

/** Any time that a file system can have, and beyond: before the epoch, and where 64 bits of nanoseconds end. */
const timeNs = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n) * 1_000_000_000n, max: 2n ** 63n * 1_000_000_000n }),
  fc.constantFrom(0n, -1n, -1_000_000_001n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n) - 1n),
);
const inode = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
);
/** Each code unit that valid Unicode can have, control characters and quotes among them; a path has no NUL. */
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .map((text) => text.replaceAll('\0', '\n"\\\u2028'));
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const entry: fc.Arbitrary<LocalEntry> = fc.record(
  {
    path: name,
    kind: fc.constantFrom('file', 'symlink'),
    size: count,
    mtimeNs: timeNs,
    ctimeNs: timeNs,
    inode,
    links: count,
    mode: fc.nat({ max: 0o7777 }),
    uid: count,
    gid: count,
  },
  { requiredKeys: ['path', 'kind', 'size', 'mtimeNs', 'ctimeNs', 'inode', 'mode', 'uid', 'gid'] },
);

const remote: fc.Arbitrary<Remote> = fc.oneof(
  fc.constantFrom<Remote>('unknown', 'absent'),
  fc.record(
    {
      size: count,
      md5: fc.constant('0123456789abcdef'.repeat(2)),
      etag: fc.string(),
      mtimeNs: timeNs,
      partSize: count,
      inspected: fc.boolean(),
    },
    { requiredKeys: ['size', 'inspected'] },
  ),
);

/** What of a type JSON would refuse, drop or change. */
type NotJson<T> = T extends string | number | boolean | null | undefined
  ? never
  : T extends (...args: never) => unknown
    ? T
    : T extends object
      ? { [Key in keyof T]-?: NotJson<T[Key]> }[keyof T]
      : T;

// The compiler checks this one.
test('job: has no field of a type that JSON cannot carry', () => {
  expectTypeOf<NotJson<Job>>().toBeNever();
  expectTypeOf<NotJson<LocalEntry>>().toEqualTypeOf<bigint>();
});

test('job: JSON gives back the file and the object that it was made for, whatever they are', () => {
  fc.assert(
    fc.property(name, entry, remote, (of, local, listed) => {
      const job = testJob(of, {
        key: `m\0${of}`,
        seen: plainEntry(local),
        remote: plainRemote(listed),
        since: { wallMs: -1.5, monotonicMs: 0.25 },
      });
      const received = JSON.parse(JSON.stringify(job)) as Job;
      expect(received).toEqual(job);
      expect(received.seen && entryOf(received.seen)).toEqual(local);
      expect(remoteOf(received.remote)).toEqual(listed);
    }),
  );
});

test('P1: jobs that cross to the mirror as JSON leave the container equal to the source', async () => {
  const carried: Job[] = [];
  const carry = (job: Job): Job => {
    carried.push(job);
    return JSON.parse(JSON.stringify(job)) as Job;
  };
  const { write, remove, run, objects, faults } = await openMirrorFixture({ carry });
  utimesSync(write('old'), -86_400.5, -86_400.5);
  utimesSync(write('far'), 20_000_000_000, 20_000_000_000);
  write('"quoted"\n\u2028');
  write('doomed');
  await run('reconcile');
  remove('doomed');
  write('old', 'changed');
  await run('reconcile');
  expect(await objects()).toEqual({
    'p/old': 'changed',
    'p/far': 'far',
    'p/"quoted"\n\u2028': '"quoted"\n\u2028',
  });
  // A file that was written just before it was hashed is hashed once more by the second run.
  expect(carried.filter(({ seen }) => seen !== undefined).length).toBeGreaterThanOrEqual(5);
  // The second run listed them as they were recorded, so nothing was sent twice.
  expect(faults.calls.filter((call) => call === 'putObject')).toHaveLength(5);
});
