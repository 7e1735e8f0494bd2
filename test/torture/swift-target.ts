import { keyProblem } from '../../src/drivers/swift/names.js';
import type { Fault } from '../fakes/swift/faults.js';
import { SECRET, USER } from '../fakes/swift/identity.js';
import type { Operation } from '../fakes/swift/request.js';
import { startFakeSwift } from '../fakes/swift/server.js';
import { Refusal, type StoredObject } from '../fakes/swift/store.js';
import { fakeTarget, recordChanges } from './fake-target.js';
import { observeMap } from './history.js';
import { md5Of } from './journal.js';
import type { Script } from './scripted-faults.js';
import { CONTAINER, type Held, isOwn, type TortureTarget } from './target.js';

const SEGMENTS = `${CONTAINER}_segments`;

const REFUSALS: readonly Fault[] = [
  { kind: 'refuse', status: 503 },
  { kind: 'refuse', status: 503, headers: { 'retry-after': '1' } },
  { kind: 'refuse', status: 500 },
  { kind: 'lose-answer' },
];
/** A token that is good no longer. */
const EXPIRED: Fault = { kind: 'refuse', status: 401 };
/** Not where a provider may take minutes, and is given them. */
const STALL: Fault = { kind: 'stall' };
const SCRIPT: Script<Operation, Fault> = [
  [
    'PutObject',
    [...REFUSALS, EXPIRED, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 1 }],
  ],
  ['BulkDelete', [...REFUSALS, { kind: 'miscount' }, { kind: 'truncate', afterBytes: 20 }]],
  ['CopyObject', [...REFUSALS, { kind: 'wrong-etag' }]],
  ['PutMark', REFUSALS],
  ['GetMark', REFUSALS],
  [
    'PutSegment',
    [...REFUSALS, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 70_000 }],
  ],
  ['PutManifest', [...REFUSALS, { kind: 'wrong-etag' }]],
  ['ListObjects', [...REFUSALS, EXPIRED, STALL, { kind: 'truncate', afterBytes: 20 }]],
];

export async function swiftTarget(): Promise<TortureTarget> {
  const fake = await startFakeSwift({ pageLimit: 20 });
  const { store } = fake.rules;
  const seen = new WeakMap<
    StoredObject,
    { readonly held: Held; readonly segments: readonly (StoredObject | undefined)[] }
  >();
  const recorder = recordChanges();
  observeMap(store.containers, (name, made) => {
    if (name !== CONTAINER || !made) return;
    observeMap(made.objects, (key, object) => {
      recorder.note(key, object && md5OfContent(object));
    });
  });

  const segmentsOf = ({ segments = [] }: StoredObject) =>
    segments.map(({ container, key }) => store.containers.get(container)?.objects.get(key));

  function heldOf(object: StoredObject): Held {
    const known = seen.get(object);
    const segments = segmentsOf(object);
    if (known?.segments.every((segment, at) => segment === segments[at])) return known.held;
    const { headers } = object;
    const permissions = Number.parseInt(headers['x-object-meta-mode'] ?? '0', 8) & 0o777;
    const held = {
      md5: md5OfContent(object),
      mtime: Number(headers['x-object-meta-mtime']),
      permissions,
    };
    seen.set(object, { held, segments });
    return held;
  }

  /** Content that matches no file where a segment is missing: a reader gets an error. */
  function md5OfContent(object: StoredObject): string {
    try {
      return md5Of(store.content(object));
    } catch (error) {
      if (error instanceof Refusal) return 'what cannot be read, since a segment is missing';
      throw error;
    }
  }

  return fakeTarget(fake, SCRIPT, {
    settings: `{ driver: swift, auth_url: "${fake.origin}/auth/v1.0", key: "${USER}", secret: "${SECRET}", segment_size: 1MiB, timeout: 8s, multipart_threshold: 1MiB }`,
    nameProblem: keyProblem,
    objects() {
      const objects = new Map<string, Held>();
      for (const [key, object] of store.containers.get(CONTAINER)?.objects ?? [])
        if (!isOwn(key)) objects.set(key, heldOf(object));
      return objects;
    },
    history: recorder.history,
    uploads() {
      const used = new Set<string>();
      for (const { segments = [] } of store.containers.get(CONTAINER)?.objects.values() ?? [])
        for (const { key } of segments) used.add(key);
      const left = new Map<string, { readonly key: string | undefined; readonly what: string }>();
      for (const [key, { bytes }] of store.containers.get(SEGMENTS)?.objects ?? []) {
        if (used.has(key)) continue;
        // longshore/segments/documents/UPLOAD/00001 and longshore/marks/documents/UPLOAD/open
        const [kind, , id = key, what] = key.split('/').slice(1);
        const before = left.get(id);
        const noted =
          kind === 'marks'
            ? (JSON.parse(bytes.toString()) as { readonly key: string }).key
            : undefined;
        left.set(id, { key: noted ?? before?.key, what: `${before?.what ?? ''} ${kind} ${what}` });
      }
      return left;
    },
  });
}
