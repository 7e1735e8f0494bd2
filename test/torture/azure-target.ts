import { ABORTED_MARK, OPEN_MARK, readBlockId } from '../../src/drivers/azure/block-id.js';
import { keyProblem } from '../../src/drivers/azure/names.js';
import type { Fault } from '../fakes/azure/faults.js';
import { KEY } from '../fakes/azure/identity.js';
import { ACCOUNT, type Operation } from '../fakes/azure/request.js';
import { startFakeAzure } from '../fakes/azure/server.js';
import type { Block, StoredBlob } from '../fakes/azure/store.js';
import { fakeTarget, recordChanges } from './fake-target.js';
import { observeMap } from './history.js';
import { md5Of } from './journal.js';
import type { Script } from './scripted-faults.js';
import { CONTAINER, type Held, isOwn, secondsOf, type TortureTarget } from './target.js';

const REFUSALS: readonly Fault[] = [
  { kind: 'refuse', status: 503, code: 'ServerBusy' },
  { kind: 'refuse', status: 503, code: 'ServerBusy', headers: { 'retry-after': '1' } },
  { kind: 'refuse', status: 500, code: 'InternalError' },
  { kind: 'lose-answer' },
];
/** Not where a provider may take minutes, and is given them. */
const STALL: Fault = { kind: 'stall' };
const HOLLOW: Fault = { kind: 'hollow' };
const SCRIPT: Script<Operation, Fault> = [
  [
    'PutBlob',
    [...REFUSALS, STALL, HOLLOW, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 1 }],
  ],
  ['CopyBlob', REFUSALS],
  ['SetMetadata', REFUSALS],
  ['PutMark', REFUSALS],
  [
    'PutBlock',
    [...REFUSALS, STALL, HOLLOW, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 70_000 }],
  ],
  ['PutBlockList', [...REFUSALS, HOLLOW, { kind: 'wrong-etag' }]],
  ['HeadContainer', [...REFUSALS, STALL]],
  ['ListBlobs', [...REFUSALS, STALL, { kind: 'truncate', afterBytes: 20 }]],
];
const TOGETHER: Script<Operation, Fault> = [
  ['Batch', [...REFUSALS, { kind: 'truncate', afterBytes: 20 }]],
];

export async function azureTarget(random: () => number): Promise<TortureTarget> {
  const [hasBatch, hasCopyByUrl] = [random() < 0.7, random() < 0.7];
  const emptyFirstPage = random() < 0.5;
  const fake = await startFakeAzure({ pageLimit: 20, hasBatch, hasCopyByUrl, emptyFirstPage });
  const { containers } = fake.rules.store;
  const seen = new WeakMap<StoredBlob, Held>();
  const recorder = recordChanges();
  observeMap(containers, (name, made) => {
    if (name !== CONTAINER || !made) return;
    observeMap(made.blobs, (key, blob) => recorder.note(key, blob && heldOf(blob).md5));
  });

  function heldOf(blob: StoredBlob): Held {
    const known = seen.get(blob);
    if (known) return known;
    const { mtime, mode = '0' } = blob.metadata;
    const permissions = Number.parseInt(mode, 8) & 0o777;
    const held = { md5: md5Of(blob.bytes), mtime: secondsOf(mtime), permissions };
    seen.set(blob, held);
    return held;
  }

  return fakeTarget(fake, hasBatch ? [...SCRIPT, ...TOGETHER] : SCRIPT, {
    settings: `{ driver: azure_blobs, host: ${fake.host}, port: ${fake.port}, secure: false, key: ${ACCOUNT}, secret: "${KEY}", timeout: 8s, multipart_threshold: 1MiB }`,
    nameProblem: keyProblem,
    objects() {
      const objects = new Map<string, Held>();
      for (const [key, blob] of containers.get(CONTAINER)?.blobs ?? [])
        if (!isOwn(key)) objects.set(key, heldOf(blob));
      return objects;
    },
    history: recorder.history,
    uploads() {
      const found = new Map<string, { readonly key: string; readonly what: string }>();
      for (const [key, blocks] of containers.get(CONTAINER)?.uncommitted ?? [])
        for (const nonce of openUploads(blocks))
          found.set(nonce, { key, what: `${blocks.length} blocks of this name` });
      return found;
    },
  });
}

/** The nonces of uploads that were begun, and neither committed nor marked as aborted: the service has no way to remove blocks. */
function openUploads(blocks: readonly Block[]): readonly string[] {
  const ids = blocks.flatMap(({ id }) => readBlockId(id) ?? []);
  const marked = (mark: number) =>
    ids.filter(({ number }) => number === mark).map(({ nonce }) => nonce);
  const aborted = new Set(marked(ABORTED_MARK));
  return marked(OPEN_MARK).filter((nonce) => !aborted.has(nonce));
}
