import { keyProblem } from '../../src/drivers/s3/names.js';
import type { Fault } from '../fakes/s3/faults.js';
import type { Operation } from '../fakes/s3/request.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import type { StoredVersion } from '../fakes/s3/store.js';
import { fakeTarget, recordChanges } from './fake-target.js';
import { observeMap } from './history.js';
import { md5Of } from './journal.js';
import type { Script } from './scripted-faults.js';
import { CONTAINER, type Held, isOwn, type TortureTarget } from './target.js';

const REFUSALS: readonly Fault[] = [
  { kind: 'refuse', status: 503, code: 'SlowDown' },
  { kind: 'refuse', status: 503, code: 'SlowDown', headers: { 'retry-after': '1' } },
  { kind: 'refuse', status: 500, code: 'InternalError' },
  { kind: 'lose-answer' },
];
/** Not where a provider may take minutes, and is given them. */
const STALL: Fault = { kind: 'stall' };
const SCRIPT: Script<Operation, Fault> = [
  ['PutObject', [...REFUSALS, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 1 }]],
  [
    'DeleteObjects',
    [
      ...REFUSALS,
      STALL,
      { kind: 'inside', code: 'InternalError' },
      { kind: 'truncate', afterBytes: 20 },
    ],
  ],
  ['CopyObject', [...REFUSALS, { kind: 'inside', code: 'InternalError' }]],
  ['CreateMultipartUpload', REFUSALS],
  [
    'UploadPart',
    [...REFUSALS, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 70_000 }],
  ],
  [
    'CompleteMultipartUpload',
    [...REFUSALS, { kind: 'inside', code: 'InternalError' }, { kind: 'wrong-etag' }],
  ],
  ['HeadBucket', [...REFUSALS, STALL]],
];

export async function s3Target(): Promise<TortureTarget> {
  const fake = await startFakeS3({ minPartSize: 1, pageLimit: 20 });
  const seen = new WeakMap<StoredVersion, Held>();
  const recorder = recordChanges();
  observeMap(fake.rules.store.buckets, (name, made) => {
    if (name !== CONTAINER || !made) return;
    observeMap(made.objects, (key, versions) => {
      const newest = versions?.at(-1);
      const content =
        newest === undefined || newest.isDeleteMarker ? undefined : heldOf(newest).md5;
      recorder.note(key, content);
    });
  });
  const bucket = () => fake.rules.store.buckets.get(CONTAINER);

  function heldOf(version: StoredVersion): Held {
    const known = seen.get(version);
    if (known) return known;
    const { bytes, headers } = version;
    const permissions = Number.parseInt(headers['x-amz-meta-mode'] ?? '0', 8) & 0o777;
    const held = { md5: md5Of(bytes), mtime: Number(headers['x-amz-meta-mtime']), permissions };
    seen.set(version, held);
    return held;
  }

  return fakeTarget(fake, SCRIPT, {
    settings: `{ driver: s3, profile: aws, region: us-east-1, host: ${fake.host}, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: ${ACCOUNT.secret}, timeout: 8s, multipart_threshold: 1MiB }`,
    nameProblem: keyProblem,
    objects() {
      const found = bucket();
      const objects = new Map<string, Held>();
      if (!found) return objects;
      for (const key of fake.rules.store.keys(found))
        if (!isOwn(key)) objects.set(key, heldOf(fake.rules.store.object(found, key)));
      return objects;
    },
    history: recorder.history,
    uploads: () =>
      new Map(
        [...(bucket()?.uploads ?? [])].map(([id, { key, parts }]) => [
          id,
          { key, what: `${parts.size} parts` },
        ]),
      ),
  });
}
