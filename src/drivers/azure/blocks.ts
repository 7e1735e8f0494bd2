import { hash, randomBytes } from 'node:crypto';
import { type Clock, httpTime, parseTime } from '../../clock.js';
import type { Call, ObjectRef } from '../call.js';
import { ObjectDoesNotExistError, ObjectError, PreconditionFailedError } from '../errors.js';
import type { HttpHeaders } from '../http/exchange.js';
import { ABORTED_MARK, type BlockId, OPEN_MARK, readBlockId, writeBlockId } from './block-id.js';
import { blockLists, type ListedBlock } from './block-list.js';
import type { AzureClient } from './client.js';
import { AZURE, OtherBlocksError } from './errors.js';
import { md5Header, type Payload } from './payload.js';

/** The uncommitted blocks of blobs. They belong to a blob's name, so all writers share them. */
export interface Blocks {
  /** A new upload of the name; resolves with its nonce once a block marks it. */
  open(ref: ObjectRef, call: Call): Promise<string>;
  /** Resolves with the headers of the answer. */
  put(
    ref: ObjectRef,
    id: string,
    payload: Payload,
    action: string,
    call: Call,
  ): Promise<HttpHeaders>;
  /** Blocks of an upload, by the number of their part; of several with one number the latest. Undefined: it is not open. */
  ofUpload(ref: ObjectRef, nonce: string, call: Call): Promise<readonly SentBlock[] | undefined>;
  /** Marks an upload as aborted. */
  markAborted(ref: ObjectRef, nonce: string, call: Call): Promise<void>;
}

export interface SentBlock extends BlockId, ListedBlock {}

/** The content of a mark: the service takes no empty block. */
const MARK_CONTENT = Buffer.from([0]);
const MARK_MD5 = hash('md5', MARK_CONTENT, 'hex');
/** What is deleted must have been unchanged for so long: more than the clocks of the service's machines differ. */
const UNCHANGED_MS = 60_000;

export function blocksOf(client: AzureClient, clock: Clock): Blocks {
  async function mark(ref: ObjectRef, id: BlockId, action: string, call: Call): Promise<void> {
    const payload: Payload = {
      size: MARK_CONTENT.byteLength,
      body: MARK_CONTENT,
      replayable: true,
      headers: md5Header(MARK_MD5),
      sentMd5: () => MARK_MD5,
    };
    await put(ref, writeBlockId(id), payload, action, call);
  }

  async function put(
    { container, key }: ObjectRef,
    id: string,
    payload: Payload,
    action: string,
    call: Call,
  ): Promise<HttpHeaders> {
    const { headers } = await client.request(
      {
        method: 'PUT',
        operation: 'putBlock',
        action,
        container,
        key,
        query: { comp: 'block', blockid: id },
        headers: payload.headers,
        body: payload.body,
        replayable: payload.replayable,
      },
      call,
    );
    return headers;
  }

  return {
    put,

    async open(ref, call) {
      const nonce = randomBytes(8).toString('hex');
      const order = Math.floor(clock.now() / 1000);
      const begin = () =>
        mark(ref, { nonce, number: OPEN_MARK, order, md5: MARK_MD5 }, 'begin an upload', call);
      try {
        await begin();
      } catch (error) {
        if (!(error instanceof OtherBlocksError)) throw error;
        await removeOthersBlocks(client, ref, call);
        await begin().catch((again: unknown) => {
          throw again instanceof OtherBlocksError ? occupied(ref.key, again) : again;
        });
      }
      return nonce;
    },

    async ofUpload(ref, nonce, call) {
      const lists = await blockLists(client, ref, call).catch((error: unknown) => {
        if (error instanceof ObjectDoesNotExistError) return undefined;
        throw error;
      });
      return lists && uploadsIn(lists.uncommitted).get(nonce);
    },

    markAborted: (ref, nonce, call) =>
      mark(ref, { nonce, number: ABORTED_MARK, order: 0, md5: MARK_MD5 }, 'abort the upload', call),
  };
}

/** The open uploads among uncommitted blocks, by nonce: all their blocks, with the mark. */
export function uploadsIn(
  listed: readonly ListedBlock[],
): ReadonlyMap<string, readonly SentBlock[]> {
  const uploads = new Map<string, Map<number, SentBlock>>();
  for (const block of listed) {
    const id = readBlockId(block.id);
    if (id === undefined) continue;
    const blocks = uploads.get(id.nonce) ?? new Map<number, SentBlock>();
    const before = blocks.get(id.number);
    if (before === undefined || before.order <= id.order)
      blocks.set(id.number, { ...id, ...block });
    uploads.set(id.nonce, blocks);
  }
  const isOpen = (blocks: ReadonlyMap<number, SentBlock>) =>
    blocks.has(OPEN_MARK) && !blocks.has(ABORTED_MARK);
  return new Map(
    [...uploads]
      .filter(([, blocks]) => isOpen(blocks))
      .map(([nonce, blocks]) => [nonce, [...blocks.values()]]),
  );
}

/**
 * Where no blob is there, a delete removes the blocks with it; a blob that another program has committed meanwhile is younger than
 * the condition allows, and stays. Where one is there, only a put of the whole would discard them: this rejects.
 */
async function removeOthersBlocks(client: AzureClient, ref: ObjectRef, call: Call): Promise<void> {
  const { container, key } = ref;
  const { status, headers } = await client.request(
    { method: 'HEAD', operation: 'headBlob', action: 'look up', container, key, accept: 404 },
    call,
  );
  if (status !== 404) throw occupied(key);
  const nowMs = parseTime(headers['date'] ?? '');
  if (nowMs === undefined) throw occupied(key);
  try {
    await client.request(
      {
        method: 'DELETE',
        operation: 'deleteBlob',
        action: 'delete the blocks of another tool',
        container,
        key,
        headers: { 'if-unmodified-since': httpTime(nowMs - UNCHANGED_MS) },
      },
      call,
    );
  } catch (error) {
    // Another program has put it meanwhile, or removed it: the blocks are gone then, too.
    const isSettled =
      error instanceof PreconditionFailedError || error instanceof ObjectDoesNotExistError;
    if (!isSettled) throw error;
  }
}

function occupied(key: string, cause?: Error): ObjectError {
  return new ObjectError(
    key,
    'cannot be sent in parts: another tool has left uncommitted blocks of this name, which the service forgets after a week; a multipart_threshold above its size lets it be put whole, which discards them',
    { driver: AZURE, retry: 'backoff', cause },
  );
}
