import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyProblem } from '../../src/drivers/google/names.js';
import type { Fault } from '../fakes/google/faults.js';
import { EMAIL, PRIVATE_KEY } from '../fakes/google/identity.js';
import type { Operation } from '../fakes/google/request.js';
import { type FakeGoogle, startFakeGoogle } from '../fakes/google/server.js';
import { idOf, type StoredObject } from '../fakes/google/store.js';
import { fakeTarget, recordChanges } from './fake-target.js';
import { observeMap } from './history.js';
import { md5Of } from './journal.js';
import type { Script } from './scripted-faults.js';
import { CONTAINER, type Held, isOwn, secondsOf, type TortureTarget } from './target.js';

const REFUSALS: readonly Fault[] = [
  { kind: 'refuse', status: 503, reason: 'backendError' },
  { kind: 'refuse', status: 503, reason: 'backendError', headers: { 'retry-after': '1' } },
  { kind: 'refuse', status: 500, reason: 'internalError' },
  { kind: 'refuse', status: 429, reason: 'rateLimitExceeded' },
  { kind: 'lose-answer' },
];
/** A token that is good no longer. */
const EXPIRED: Fault = { kind: 'refuse', status: 401, reason: 'authError' };
/** Not where a provider may take minutes, and is given them. */
const STALL: Fault = { kind: 'stall' };
const OTHER_DIGEST: Fault = { kind: 'wrong-etag' };
const SCRIPT: Script<Operation, Fault> = [
  [
    'PutObject',
    [
      ...[...REFUSALS, EXPIRED, STALL, OTHER_DIGEST, { kind: 'hollow' } as const],
      { kind: 'reset', afterBytes: 1 },
    ],
  ],
  ['Batch', [...REFUSALS, { kind: 'truncate', afterBytes: 20 }]],
  ['RewriteObject', [...REFUSALS, OTHER_DIGEST, { kind: 'hollow' }]],
  ['PatchObject', REFUSALS],
  ['GetBucket', [...REFUSALS, STALL]],
  ['ListObjects', [...REFUSALS, EXPIRED, STALL, { kind: 'truncate', afterBytes: 20 }]],
];
const IN_PARTS: Script<Operation, Fault> = [
  ['CreateUpload', REFUSALS],
  ['PutPart', [...REFUSALS, STALL, OTHER_DIGEST, { kind: 'reset', afterBytes: 70_000 }]],
  ['CompleteUpload', [...REFUSALS, OTHER_DIGEST]],
];
const RESUMABLE: Script<Operation, Fault> = [
  ['BeginSession', REFUSALS],
  [
    'ContinueSession',
    [
      ...REFUSALS,
      { kind: 'keep-then-refuse', bytes: 100_000, status: 503 },
      { kind: 'keep-then-refuse', bytes: 256 * 1024, status: 500 },
      { kind: 'reset', afterBytes: 1 },
    ],
  ],
];

/** `folder`: for the key of its service account. */
export async function googleTarget(folder: string, random: () => number): Promise<TortureTarget> {
  const uploads = random() < 0.5 ? 'multipart' : 'resumable';
  const oneWriteASecond = random() < 0.5;
  const fake = await startFakeGoogle({ smallestPart: 1, pageLimit: 20, oneWriteASecond });
  const seen = new WeakMap<StoredObject, Held>();
  const recorder = recordChanges();
  observeMap(fake.rules.store.buckets, (name, made) => {
    if (name !== CONTAINER || !made) return;
    observeMap(made.objects, (key, generations) => {
      const live = generations?.at(-1);
      recorder.note(key, live && heldOf(live).md5);
    });
  });

  function heldOf(object: StoredObject): Held {
    const known = seen.get(object);
    if (known) return known;
    const { mtime, mode = '0' } = (object.described['metadata'] ?? {}) as Record<string, string>;
    const permissions = Number.parseInt(mode, 8) & 0o777;
    const held = { md5: md5Of(object.bytes), mtime: secondsOf(mtime), permissions };
    seen.set(object, held);
    return held;
  }

  return fakeTarget(fake, [...SCRIPT, ...(uploads === 'resumable' ? RESUMABLE : IN_PARTS)], {
    settings: `{ driver: google_storage, host: ${fake.host}, port: ${fake.port}, secure: false, credentials_file: ${keyFile(fake, folder)}, project: p, uploads: ${uploads}, timeout: 8s, multipart_threshold: 1MiB }`,
    nameProblem: keyProblem,
    objects() {
      const objects = new Map<string, Held>();
      for (const [key, generations] of fake.rules.store.buckets.get(CONTAINER)?.objects ?? []) {
        const live = generations.at(-1);
        if (live && !isOwn(key)) objects.set(key, heldOf(live));
      }
      return objects;
    },
    history: recorder.history,
    uploads: () => new Map([...uploadsInParts(fake), ...sessionsUnderWay(fake)]),
  });
}

type Uploads = ReturnType<TortureTarget['uploads']>;

function uploadsInParts({ rules }: FakeGoogle): Uploads {
  return new Map(
    [...rules.uploads.values()].map(({ id, key, parts }) => [
      id,
      { key, what: `${parts.size} parts` },
    ]),
  );
}

/** One that has no byte is nothing: no listing shows it, it costs nothing, and in a week it is gone. */
function sessionsUnderWay({ rules }: FakeGoogle): Uploads {
  return new Map(
    rules.sessions.flatMap((session, at) =>
      session === undefined || session.done !== undefined || session.persisted.byteLength === 0
        ? []
        : [
            [
              `session-${idOf(at + 1)}`,
              { key: session.key, what: `${session.persisted.byteLength} bytes` },
            ],
          ],
    ),
  );
}

function keyFile({ origin }: FakeGoogle, folder: string): string {
  const file = join(folder, 'service-account.json');
  const key = { type: 'service_account', client_email: EMAIL, private_key: PRIVATE_KEY };
  writeFileSync(file, JSON.stringify({ ...key, token_uri: `${origin}/token` }), { mode: 0o600 });
  return file;
}
