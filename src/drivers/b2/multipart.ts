import type { Backend } from '../backend.js';
import type { Call } from '../call.js';
import type { ListedUpload, Multipart, Part, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ObjectDoesNotExistError, StorageError } from '../errors.js';
import { collect, itemsOfPages } from '../pages.js';
import { completeUpload } from './complete.js';
import type { B2Context } from './context.js';
import { encryptionParameter } from './encryption.js';
import { B2 } from './errors.js';
import { describe, LARGE_FILE_SHA1 } from './file-info.js';
import { listOf, numberOf, readObject, textOf } from './json.js';
import { checkContainer, checkKey } from './names.js';
import { readFile } from './object-info.js';
import { PART_SIZE, type PartOfB2, partsOf, refuseSmallParts, smallestPart } from './parts.js';
import { isOpen, type SmallParts, uploadPart } from './upload-part.js';

const MOST_UPLOADS_LISTED = 100;
const MOST_PARTS_LISTED = 1000;

/** Large files. B2 keeps their parts, and has them paid for, until they are finished or cancelled, or a lifecycle rule cancels them. */
export function b2Multipart(context: B2Context, objects: Pick<Backend, 'headObject'>): Multipart {
  const { client, buckets, partUrls, clock } = context;
  const small: SmallParts = new Map();
  const drop = ({ opaque }: UploadToken) => {
    small.delete(opaque);
    partUrls.forget(opaque);
  };

  return {
    partSize: PART_SIZE,
    // A large file's id is no digest of its content.
    provesParts: true,
    partSha1: true,
    // A part that comes late replaces another one, which the completion then does not name; a file that is finished takes none.
    severalSenders: true,
    etagOfParts: () => undefined,
    cutsOf: async () => undefined,

    async begin({ container, key }, options, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      checkKey(key);
      refuseSmallParts(options.partSize, smallestPart(await client.grant(call)));
      const sha1 = findChecksum(options.checksums, 'sha1')?.hex;
      const { contentType, info } = describe(context.settings, key, options);
      const fileInfo = { ...info, ...(sha1 !== undefined && { [LARGE_FILE_SHA1]: sha1 }) };
      const action = 'begin an upload of';
      const about = { operation: 'b2_start_large_file', action, container, key } as const;
      const answer = await buckets.withId(container, call, (bucketId) => {
        const serverSideEncryption = encryptionParameter(context.settings);
        const parameters = {
          ...{ bucketId, fileName: key, contentType, fileInfo },
          ...(serverSideEncryption && { serverSideEncryption }),
        };
        return client.request({ method: 'POST', ...about, parameters }, call);
      });
      const opaque = textOf(action, readObject(action, answer), 'fileId');
      return { container, key, driver: B2, opaque };
    },

    async uploadPart(token, number, body, call) {
      call.signal.throwIfAborted();
      return uploadPart(context, small, token, number, body, call);
    },

    async uploadedParts(token, call) {
      call.signal.throwIfAborted();
      const found = await listedParts(context, token, call).catch(async (error: unknown) => {
        throw (await isGone(token, error, call))
          ? new ObjectDoesNotExistError(token.key, { driver: B2 })
          : error;
      });
      const kept = small.get(token.opaque);
      return kept === undefined ? partsOf(found) : [keptPart(kept)];
    },

    async complete(token, parts, call) {
      call.signal.throwIfAborted();
      const listed = () => listedParts(context, token, call);
      const info = await completeUpload(context, objects, small, token, parts, listed, call);
      drop(token);
      return info;
    },

    async abort(token, call) {
      call.signal.throwIfAborted();
      const { container, key, opaque: fileId } = token;
      const about = { operation: 'b2_cancel_large_file', action: 'abort the upload of' } as const;
      const request = { method: 'POST', ...about, container, key, parameters: { fileId } } as const;
      try {
        await client.request(request, call);
      } catch (error) {
        if (!(await isGone(token, error, call))) throw error;
      }
      drop(token);
    },

    async unfinished(container, prefix, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      return collect(
        itemsOfPages(B2, ({ after }) => uploadsPage(context, container, prefix, after, call), {
          ...call,
          clock,
        }),
      );
    },
  };

  /** Whether a refusal means that there is no such upload (any more): B2 has no code for that. */
  async function isGone(token: UploadToken, error: unknown, call: Call): Promise<boolean> {
    if (error instanceof ObjectDoesNotExistError) return true;
    const isRefusal = error instanceof StorageError && error.retry === 'never';
    return isRefusal && !(await isOpen(context, token, call));
  }
}

function keptPart(bytes: Uint8Array): Part {
  return { number: 1, size: bytes.byteLength, receipt: 'kept' };
}

function listedParts(
  context: B2Context,
  token: UploadToken,
  call: Call,
): Promise<readonly PartOfB2[]> {
  const list = (after: string | undefined) => partsPage(context, token, after, call);
  return collect(itemsOfPages(B2, ({ after }) => list(after), { ...call, clock: context.clock }));
}

async function partsPage(
  { client }: B2Context,
  { container, key, opaque: fileId }: UploadToken,
  after: string | undefined,
  call: Call,
): Promise<{ readonly items: readonly PartOfB2[]; readonly next: string | undefined }> {
  const action = 'list the parts of';
  const parameters = {
    fileId,
    maxPartCount: MOST_PARTS_LISTED,
    ...(after !== undefined && { startPartNumber: Number(after) }),
  };
  const about = { operation: 'b2_list_parts', action, container, key, parameters } as const;
  const document = readObject(action, await client.request({ method: 'POST', ...about }, call));
  const items = listOf(action, document, 'parts').map((part) => ({
    number: numberOf(action, part, 'partNumber'),
    size: numberOf(action, part, 'contentLength'),
    sha1: textOf(action, part, 'contentSha1'),
  }));
  const { nextPartNumber: next } = document;
  return { items, next: typeof next === 'number' ? String(next) : undefined };
}

async function uploadsPage(
  { client, buckets }: B2Context,
  container: string,
  prefix: string,
  after: string | undefined,
  call: Call,
): Promise<{ readonly items: readonly ListedUpload[]; readonly next: string | undefined }> {
  const action = 'list the uploads';
  const about = { operation: 'b2_list_unfinished_large_files', action, container, prefix } as const;
  const answer = await buckets.withId(container, call, (bucketId) => {
    const parameters = {
      bucketId,
      maxFileCount: MOST_UPLOADS_LISTED,
      ...(prefix !== '' && { namePrefix: prefix }),
      ...(after !== undefined && { startFileId: after }),
    };
    return client.request({ method: 'POST', ...about, parameters }, call);
  });
  const document = readObject(action, answer);
  const items = listOf(action, document, 'files').map((each): ListedUpload => {
    const { id, name, uploadedAtMs } = readFile(action, { contentLength: 0, ...each });
    const token = { container, key: name, driver: B2, opaque: id };
    return { ...token, ...(uploadedAtMs !== undefined && { beganAtMs: uploadedAtMs }) };
  });
  const { nextFileId: next } = document;
  return { items, next: typeof next === 'string' ? next : undefined };
}
