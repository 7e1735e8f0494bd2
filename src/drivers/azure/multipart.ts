import type { Call, ObjectRef } from '../call.js';
import type { ListedUpload, Multipart, Part } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  UnsupportedOperationError,
} from '../errors.js';
import { fromSource } from '../http/refusal.js';
import { OPEN_MARK, writeBlockId } from './block-id.js';
import { blockLists } from './block-list.js';
import { blocksOf, type SentBlock, uploadsIn } from './blocks.js';
import { azureCompletion } from './complete.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { blobPage } from './listing.js';
import { checkContainer, checkKey } from './names.js';
import { descriptionHeaders, tierHeaders } from './object-headers.js';
import { md5Hex } from './object-info.js';
import type { ObjectOperations } from './objects.js';
import { base64OfHex, preparePayload } from './payload.js';
import { readToken, writeToken } from './upload-token.js';

/** https://learn.microsoft.com/rest/api/storageservices/put-block-list */
export const MAX_BLOCKS = 50_000;

/**
 * Block blobs. The service knows no uploads, only uncommitted blocks of a name: a block of one byte marks where an upload begins,
 * and another one that it was aborted. It forgets all of them a week after the last, or when the name is put.
 */
export function azureMultipart(
  context: AzureContext,
  objects: Pick<ObjectOperations, 'headObject'>,
  partSize: Multipart['partSize'],
): Multipart {
  const { client, clock, settings } = context;
  const blocks = blocksOf(client, clock);
  const aborted = new Set<string>();
  const order = orderOfBlocks();

  return {
    partSize,
    provesParts: true,
    // A block that comes late has an id of its own, unless its bytes are the same, and is no part of a blob before a commit names it.
    severalSenders: true,
    tokenForSenders(token) {
      const { nonce, beganAtMs } = readToken(token);
      return writeToken(token, { nonce, beganAtMs, headers: {} });
    },
    etagOfParts: () => undefined, // ETags are opaque

    async begin(ref, options, call) {
      call.signal.throwIfAborted();
      checkContainer(ref.container);
      checkKey(ref.key);
      const md5 = findChecksum(options.checksums, 'md5')?.hex;
      const headers = {
        ...descriptionHeaders(settings, ref.key, options),
        ...tierHeaders(settings, ref.key, options),
        ...(md5 !== undefined && { 'x-ms-blob-content-md5': base64OfHex(md5) }),
      };
      const nonce = await blocks.open(ref, call);
      const condition = options.precondition;
      return writeToken(ref, { nonce, beganAtMs: clock.now(), headers, condition });
    },

    async uploadPart(token, number, body, call): Promise<Part> {
      call.signal.throwIfAborted();
      const { container, key } = token;
      const { nonce, beganAtMs } = readToken(token);
      if (aborted.has(nonce)) throw new ObjectDoesNotExistError(key, { driver: AZURE });
      if (body.size === 0) return { number, size: 0, receipt: '' }; // the service takes no empty block
      const payload = await preparePayload(key, body, body.checksums ?? [], true, call);
      const md5 = payload.headers['content-md5'] === undefined ? undefined : payload.sentMd5();
      if (md5 === undefined)
        throw new UnsupportedOperationError(
          `part ${number} of "${key}" is a stream that can be read once, and its MD5 must be known before it is sent`,
          { driver: AZURE },
        );
      const id = writeBlockId({ nonce, number, order: order(clock.now() - beganAtMs), md5 });
      const headers = await blocks
        .put({ container, key }, id, payload, `put block ${number}`, call)
        .catch((error: unknown) => {
          throw fromSource(key, error, AZURE);
        });
      const reported = md5Hex(headers['content-md5']); // Azurite leaves it out; the service has compared it in any case
      if (reported !== undefined && reported !== md5)
        throw new ObjectHashMismatchError(key, `${md5} in block ${number}`, reported, {
          driver: AZURE,
        });
      return { number, size: payload.size, receipt: id, md5 };
    },

    async uploadedParts(token, call) {
      const { nonce } = readToken(token);
      const sent = aborted.has(nonce) ? undefined : await blocks.ofUpload(token, nonce, call);
      if (sent === undefined) throw new ObjectDoesNotExistError(token.key, { driver: AZURE });
      return partsOf(sent);
    },

    complete: azureCompletion(context, objects),

    async abort(token, call) {
      call.signal.throwIfAborted();
      const { nonce } = readToken(token);
      aborted.add(nonce);
      try {
        if ((await blocks.ofUpload(token, nonce, call)) === undefined) return;
        await blocks.markAborted(token, nonce, call);
      } catch (error) {
        if (!(error instanceof ContainerDoesNotExistError)) throw error;
      }
    },

    unfinished: unfinishedUploads(context),

    async cutsOf({ container, key }, call) {
      const { committed } = await blockLists(client, { container, key }, call);
      return committed.length === 0 ? undefined : committed.map(({ size }) => size);
    },
  };
}

/** Milliseconds since an upload began, which grow even when two blocks are sent in one, or the clock is set back. */
function orderOfBlocks(): (sinceBeginMs: number) => number {
  let last = 0;
  return (sinceBeginMs) => {
    last = Math.max(last + 1, Math.floor(sinceBeginMs));
    return last;
  };
}

function partsOf(blocks: readonly SentBlock[]): readonly Part[] {
  return blocks
    .filter(({ number }) => number !== OPEN_MARK)
    .map(({ number, size, id, md5 }) => ({
      number,
      size,
      receipt: id,
      ...(md5 !== undefined && { md5 }),
    }))
    .sort((a, b) => a.number - b.number);
}

/**
 * Uploads of longshore whose names have no blob yet. What waits behind a blob is shown by no listing, and other tools' blocks
 * cannot be aborted: the service forgets both.
 */
function unfinishedUploads({ client }: AzureContext): Multipart['unfinished'] {
  async function uploadsTo(ref: ObjectRef, call: Call): Promise<readonly ListedUpload[]> {
    const lists = await blockLists(client, ref, call).catch((error: unknown) => {
      if (error instanceof ObjectDoesNotExistError) return undefined;
      throw error;
    });
    return [...uploadsIn(lists?.uncommitted ?? [])].map(([nonce, sent]) => {
      const began = sent.find(({ number }) => number === OPEN_MARK);
      const beganAtMs = (began?.order ?? 0) * 1000;
      return { ...writeToken(ref, { nonce, beganAtMs, headers: {} }), beganAtMs };
    });
  }

  return async (container, prefix, call) => {
    checkContainer(container);
    const found: ListedUpload[] = [];
    let after: string | undefined;
    do {
      const include = 'uncommittedblobs';
      const request = { container, prefix, after, size: undefined, include };
      const page = await blobPage(client, request, call);
      for (const { name, fields } of page.blobs)
        if (Number(fields.get('Content-Length') ?? 0) === 0 && !fields.get('Content-MD5'))
          found.push(...(await uploadsTo({ container, key: name }, call)));
      if (page.nextMarker === after) break;
      after = page.nextMarker;
    } while (after !== undefined);
    return found;
  };
}
