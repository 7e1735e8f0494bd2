import { keyProblem } from '../../src/drivers/b2/names.js';
import { KEY_ID, SECRET } from '../fakes/b2/account.js';
import type { Fault } from '../fakes/b2/faults.js';
import type { Operation } from '../fakes/b2/request.js';
import { startFakeB2 } from '../fakes/b2/server.js';
import type { Bucket, StoredFile } from '../fakes/b2/store.js';
import { fakeTarget, recordChanges } from './fake-target.js';
import { md5Of } from './journal.js';
import type { Script } from './scripted-faults.js';
import { CONTAINER, type Held, isOwn, type TortureTarget } from './target.js';

const REFUSALS: readonly Fault[] = [
  { kind: 'refuse', status: 503, code: 'service_unavailable' },
  { kind: 'refuse', status: 503, code: 'service_unavailable', headers: { 'retry-after': '1' } },
  { kind: 'refuse', status: 500, code: 'internal_error' },
  { kind: 'refuse', status: 429, code: 'too_many_requests' },
  { kind: 'lose-answer' },
];
/** A token that is good no longer. */
const EXPIRED: Fault = { kind: 'refuse', status: 401, code: 'expired_auth_token' };
/** Not where a provider may take minutes, and is given them. */
const STALL: Fault = { kind: 'stall' };
const SCRIPT: Script<Operation, Fault> = [
  [
    'b2_upload_file',
    [...REFUSALS, EXPIRED, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 1 }],
  ],
  ['b2_copy_file', [...REFUSALS, EXPIRED, { kind: 'wrong-etag' }]],
  ['b2_start_large_file', [...REFUSALS, EXPIRED]],
  [
    'b2_upload_part',
    [...REFUSALS, EXPIRED, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 70_000 }],
  ],
  ['b2_finish_large_file', [...REFUSALS, EXPIRED]],
  ['b2_list_buckets', [...REFUSALS, STALL]],
  ['b2_list_file_names', [...REFUSALS, EXPIRED, STALL, { kind: 'truncate', afterBytes: 20 }]],
];

/** Bytes: two of these are in a part of the torture. */
const SMALLEST_PART = 100_000;
/** As by a lifecycle rule, which would come a day later: versions of content would fill the memory. */
const VERSIONS = 3;

export async function b2Target(random: () => number): Promise<TortureTarget> {
  const reportsMd5 = random() < 0.5;
  const deletes = random() < 0.5;
  const fake = await startFakeB2({ smallestPart: SMALLEST_PART, pageLimit: 20, reportsMd5 });
  const { store } = fake.rules;
  const seen = new WeakMap<StoredFile, Held>();
  const recorder = recordChanges();
  store.onChange = (bucket, name) => {
    if (bucket.name !== CONTAINER) return;
    const visible = store.visible(bucket, name);
    recorder.note(name, visible && heldOf(visible).md5);
    forgetOldVersions(bucket, name);
  };

  function heldOf(file: StoredFile): Held {
    const known = seen.get(file);
    if (known) return known;
    const { mtime, src_last_modified_millis: millis, mode = '0' } = file.info;
    const held = {
      md5: md5Of(file.bytes),
      // What a millisecond leaves is in the other one, where there is any.
      mtime: Number(mtime ?? Number(millis) / 1000),
      permissions: Number.parseInt(mode, 8) & 0o777,
    };
    seen.set(file, held);
    return held;
  }

  return fakeTarget(
    fake,
    deletes ? SCRIPT : [...SCRIPT, ['b2_hide_file', [...REFUSALS, EXPIRED, STALL]]],
    {
      settings: `{ driver: backblaze_b2, host: ${fake.host}, port: ${fake.port}, secure: false, key: "${KEY_ID}", secret: "${SECRET}", hard_delete: ${deletes}, timeout: 8s, multipart_threshold: 1MiB }`,
      nameProblem: keyProblem,
      objects() {
        const objects = new Map<string, Held>();
        const bucket = store.buckets.get(CONTAINER);
        for (const name of new Set(bucket?.files.map((file) => file.name))) {
          const visible = bucket && store.visible(bucket, name);
          if (visible && !isOwn(name)) objects.set(name, heldOf(visible));
        }
        return objects;
      },
      history: recorder.history,
      uploads: () =>
        new Map(
          (store.buckets.get(CONTAINER)?.files ?? [])
            .filter(({ action }) => action === 'start')
            .map(({ id, name, parts }) => [id, { key: name, what: `${parts.size} parts` }]),
        ),
    },
  );
}

function forgetOldVersions({ files }: Bucket, name: string): void {
  const versions = files.filter((file) => file.name === name && file.action !== 'start');
  for (const old of versions.slice(0, -VERSIONS)) files.splice(files.indexOf(old), 1);
}
