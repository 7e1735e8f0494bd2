import { hash } from 'node:crypto';
import type { Backend } from '../backend.js';
import { bytesBody } from '../body.js';
import type { Call, ObjectInfo } from '../call.js';
import type { Part, UploadToken } from '../capabilities.js';
import {
  ObjectDoesNotExistError,
  ObjectError,
  ObjectHashMismatchError,
  StorageError,
} from '../errors.js';
import { foundAsSent } from '../http/found-as-sent.js';
import { type B2Context, SLOW_ANSWER_MS } from './context.js';
import { B2 } from './errors.js';
import { readObject } from './json.js';
import { infoOf, readFile } from './object-info.js';
import { type PartOfB2, partsOf, sha1sOf } from './parts.js';
import { preparePayload } from './payload.js';
import { uploadFile } from './upload-file.js';
import { type SmallParts, startedFile } from './upload-part.js';

/**
 * Finishes a large file. When it is finished already, because the answer to an earlier completion was lost, the object that it made
 * is what this resolves with, if it is still the newest version of its name. `listed`: the parts that the large file has.
 */
export async function completeUpload(
  context: B2Context,
  objects: Pick<Backend, 'headObject'>,
  small: SmallParts,
  token: UploadToken,
  parts: readonly Part[],
  listed: () => Promise<readonly PartOfB2[]>,
  call: Call,
): Promise<ObjectInfo> {
  const kept = small.get(token.opaque);
  const [first] = parts;
  if (kept !== undefined && first !== undefined && parts.length === 1)
    return putWhole(context, token, kept, first, call);

  const ref = { container: token.container, key: token.key };
  const isMade = ({ extra }: ObjectInfo) => extra['fileId'] === token.opaque;
  try {
    return await finish(context, token, parts, call);
  } catch (error) {
    if (!(error instanceof StorageError) || error instanceof ObjectHashMismatchError) throw error;
    if (error.retry !== 'never')
      return foundAsSent(error, () => objects.headObject(ref, call), isMade);
    // B2 refuses to finish a file that is not unfinished, and has no code for that.
    if ((await startedFile(context, token, call)) !== undefined)
      throw (await isOfOthers(parts, listed)) ? replaced(token, error) : error;
    const found = await objects.headObject(ref, call);
    if (isMade(found)) return found;
    throw new ObjectDoesNotExistError(token.key, { driver: B2 });
  }
}

/** Whether the large file has other parts than these. */
async function isOfOthers(
  parts: readonly Part[],
  listed: () => Promise<readonly PartOfB2[]>,
): Promise<boolean> {
  const there = sha1sOf(partsOf(await listed()));
  const named = sha1sOf(parts);
  return there.length !== named.length || there.some((sha1, at) => sha1 !== named[at]);
}

/** The next try compares the parts, and sends those that were replaced. */
function replaced({ key }: UploadToken, cause: StorageError): ObjectError {
  return new ObjectError(key, 'was not completed: some of its parts were replaced by others', {
    driver: B2,
    retry: 'backoff',
    cause,
  });
}

async function finish(
  { client }: B2Context,
  { container, key, opaque: fileId }: UploadToken,
  parts: readonly Part[],
  call: Call,
): Promise<ObjectInfo> {
  const action = 'complete the upload of';
  const parameters = { fileId, partSha1Array: sha1sOf(parts) };
  const about = { operation: 'b2_finish_large_file', action, container, key, parameters } as const;
  const answer = await client.request(
    { method: 'POST', ...about, answerWithinMs: SLOW_ANSWER_MS },
    call,
  );
  const file = readFile(action, readObject(action, answer));
  // B2 computes no digest of the whole.
  if (file.sha1 !== undefined && file.sha1 !== 'none')
    throw new ObjectHashMismatchError(key, 'none', file.sha1, { driver: B2 });
  return infoOf(container, file);
}

/** Of an upload with one part that B2 takes for none of a large file. */
async function putWhole(
  context: B2Context,
  token: UploadToken,
  bytes: Uint8Array,
  part: Part,
  call: Call,
): Promise<ObjectInfo> {
  const { container, key, opaque: fileId } = token;
  if (part.number !== 1 || (part.receipt !== 'kept' && part.receipt !== hash('sha1', bytes, 'hex')))
    throw new ObjectError(key, 'was not completed: its part is another one', { driver: B2 });
  const action = 'complete the upload of';
  const started = await startedFile(context, token, call);
  if (started === undefined) throw new ObjectDoesNotExistError(key, { driver: B2 });
  const { contentType = 'application/octet-stream', info } = readFile(action, {
    contentLength: 0,
    ...started,
  });
  const payload = preparePayload(key, bytesBody(bytes), [], false);
  const file = await uploadFile(context, { container, key }, { contentType, info }, payload, call);
  const about = { operation: 'b2_cancel_large_file', action, container, key } as const;
  await context.client.request({ method: 'POST', ...about, parameters: { fileId } }, call);
  return infoOf(container, file);
}
