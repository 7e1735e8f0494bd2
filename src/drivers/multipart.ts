import { failpoint } from '../failpoint.js';
import { digestOfParts } from '../parts-digest.js';
import { NEVER_ABORTED } from '../signal.js';
import type { Backend } from './backend.js';
import { bytesBody } from './body.js';
import type { Body, BodyPart, ObjectRef, PartSource, PutOptions } from './call.js';
import type { Multipart, Part, UploadToken } from './capabilities.js';
import { cutIntoParts } from './cut-parts.js';
import { findChecksum } from './digest.js';
import {
  InvalidCredentialsError,
  type ObjectError,
  ObjectTooLargeError,
  SourceChangedError,
  StorageError,
} from './errors.js';
import { eachInParallel } from './parallel.js';
import { partSizeFor } from './part-size.js';
import { isPartsBody, PARALLEL_PARTS } from './parts-range.js';
import {
  type AllParts,
  findUpload,
  madeBefore,
  type PartsSettings,
  type SentParts,
  type Upload,
} from './resumed-upload.js';
import { type SharedUpload, sendElsewhere } from './send-elsewhere.js';

/**
 * Sends a body in parts, several at a time, reading each byte once. On failure the upload is aborted at the provider,
 * unless it can be resumed: with a token that is kept, of a body that can be read again. A resumed upload compares the
 * parts at the provider with the body, where the provider reports digests of parts. The states are places in this code;
 * those that a killed process leaves behind are in the caller's keeping (sync/uploads/upload-step.ts).
 *
 * | state      | event                                           | next state and effect                      |
 * | ---------- | ----------------------------------------------- | ------------------------------------------ |
 * | new        | no token                                        | beginning                                  |
 * | new        | token, and the provider has the upload          | sending: missing and different parts only  |
 * | new        | token of a gone upload, the object is this body | done: nothing is sent                      |
 * | new        | token of a gone upload, no object is this body  | beginning                                  |
 * | beginning  | the stream ends within its first part           | done: put whole                            |
 * | beginning  | it fails                                        | failed: no upload to abort                 |
 * | beginning  | begun, and the token is not kept                | aborted                                    |
 * | beginning  | begun, and the token is kept                    | sending: all parts                         |
 * | sending    | all parts are there                             | completing                                 |
 * | sending    | it fails, or the MD5 is not the expected one    | kept where it can be resumed, else aborted |
 * | completing | completed                                       | done                                       |
 * | completing | refused for good                                | aborted                                    |
 * | completing | any other failure, or refused credentials       | kept where it can be resumed, else aborted |
 */
export async function sendInParts(
  backend: Backend,
  multipart: Multipart,
  ref: ObjectRef,
  body: Body,
  options: PutOptions,
  settings: PartsSettings,
): Promise<SentParts> {
  const partSize = settings.partSize ?? partSizeFor(body.size, multipart.partSize);
  if (partSize === undefined) {
    const { max, maxParts } = multipart.partSize;
    const problem = `is too large: ${body.size} bytes, where ${maxParts} parts of ${max} bytes are allowed`;
    throw new ObjectTooLargeError(ref.key, problem, { driver: backend.name });
  }
  const driver = backend.name;
  const upload: Upload = { multipart, ref, body, options, partSize, settings, driver };
  const listed = await findUpload(upload);
  if (listed === 'gone') {
    // Perhaps it was completed, and the answer was lost.
    const made = await madeBefore(backend, upload);
    if (made !== undefined) return made;
  }
  const found = listed === 'gone' ? undefined : listed;
  const wholeMd5 = wantsWholeMd5(upload);
  const shared = wholeMd5 ? undefined : sharedUpload(upload);
  if (shared !== undefined) {
    const { token, parts } = found === undefined ? await begun(upload) : found;
    const sent = await finish(upload, token, () => sendElsewhere(shared, token, parts));
    return { ...sent, partSize, md5: undefined };
  }
  const cut = { partSize, wholeMd5, partSha1: multipart.partSha1 === true };
  const source = body.parts?.(cut, settings.signal) ?? cutIntoParts(body, cut);
  const md5OfWhole = () => (wholeMd5 ? source.md5() : undefined);
  let { parts } = source;
  if (body.size === undefined) {
    const first = await parts.next();
    if (first.done || first.value.size < partSize) {
      const whole = first.done ? bytesBody(new Uint8Array()) : first.value.body;
      await parts.next(); // reaches the end, so that the digest is there
      const info = await backend.putObject(ref, whole, options, { signal: settings.signal });
      const md5 = md5OfWhole();
      return { info, partSize: undefined, md5, md5Parts: undefined, confirmed: false };
    }
    parts = following(first.value, parts);
  }
  const { token, parts: there } =
    found ?? (await begun(upload).catch((error) => abandonSource(source, error)));
  const sent = await finish(upload, token, async () => {
    const sending = await sendMissing(upload, token, there, parts);
    refuseOtherContent(upload, md5OfWhole());
    return sending;
  });
  return { ...sent, partSize, md5: md5OfWhole() };
}

/** The upload, if other processes may send parts of it as well. */
function sharedUpload(upload: Upload): SharedUpload | undefined {
  const { multipart, body, partSize, settings } = upload;
  const { elsewhere } = settings;
  if (elsewhere === undefined || multipart.severalSenders !== true || !isPartsBody(body))
    return undefined;
  if (body.size <= partSize) return undefined; // one part, which some drivers keep until it is completed
  return { ...upload, body, elsewhere };
}

/** A new one, which has no parts. */
async function begun(
  upload: Upload,
): Promise<{ readonly token: UploadToken; readonly parts: readonly Part[] }> {
  return { token: await begin(upload), parts: [] };
}

async function* following(
  first: BodyPart,
  others: AsyncIterable<BodyPart>,
): AsyncGenerator<BodyPart, void, undefined> {
  yield first;
  yield* others;
}

/** No provider compares an object in parts with the MD5 of the whole, which its metadata may hold. */
function refuseOtherContent({ options, ref, driver }: Upload, md5: string | undefined): void {
  const expected = expectedMd5(options);
  if (expected === undefined || expected === md5) return;
  throw new SourceChangedError(
    ref.key,
    `was not stored: its content has the MD5 ${md5}, and ${expected} was expected`,
    { driver },
  );
}

/**
 * Where the ETag of the object will say what its parts were, or each of them is proven by itself, the MD5 of the whole is not needed
 * to verify it.
 */
function wantsWholeMd5({ multipart, ref, options, settings }: Upload): boolean {
  return (
    settings.wholeMd5 === true ||
    expectedMd5(options) !== undefined ||
    (multipart.provesParts !== true && multipart.etagOfParts(ref.container, []) === undefined)
  );
}

function expectedMd5({ checksums }: PutOptions): string | undefined {
  return findChecksum(checksums, 'md5')?.hex;
}

async function sendMissing(
  upload: Upload,
  token: UploadToken,
  there: readonly Part[],
  source: AsyncIterable<BodyPart>,
): Promise<AllParts> {
  const { multipart, settings } = upload;
  const before = new Map(there.map((part) => [part.number, part]));
  const parts: Part[] = [];
  const md5s: string[] = [];
  const lanes = multipart.inOrder ? 1 : PARALLEL_PARTS;
  await eachInParallel(source, lanes, settings.signal, async (part, signal) => {
    if (part.number > multipart.partSize.maxParts) throw tooLong(upload);
    md5s[part.number - 1] = part.md5;
    const sent = before.get(part.number);
    const isThere = isSame(sent, part);
    parts.push(
      isThere ? sent : await multipart.uploadPart(token, part.number, part.body, { signal }),
    );
    settings.onPart?.(part.size, isThere);
    failpoint('parts: part sent, not the last');
    part.release(); // not after a failure: a request may still be reading it
  });
  return { parts: parts.sort((a, b) => a.number - b.number), md5Parts: digestOfParts(md5s) };
}

/** A part of another size was cut elsewhere, one of another digest is of other content; sending its number again replaces it. */
function isSame(sent: Part | undefined, { size, md5 }: BodyPart): sent is Part {
  return sent !== undefined && sent.size === size && (sent.md5 ?? md5) === md5;
}

function tooLong({ ref, multipart, partSize, driver }: Upload): ObjectError {
  const problem = `is too large for a stream of unknown length: more than ${multipart.partSize.maxParts} parts of ${partSize} bytes; send it from a file`;
  return new ObjectTooLargeError(ref.key, problem, { driver });
}

async function begin(upload: Upload): Promise<UploadToken> {
  const { multipart, ref, options, partSize, settings } = upload;
  const { resume, signal } = settings;
  await resume?.beginning?.();
  const token = await multipart.begin(ref, { ...options, partSize }, { signal });
  failpoint('parts: upload begun, not noted');
  try {
    await resume?.keep(token);
    failpoint('parts: upload noted, no part sent');
  } catch (error) {
    await abandon(multipart, token);
    throw error;
  }
  return token;
}

/** Closes a source that may be open by now, and rejects with the error. */
async function abandonSource({ parts }: PartSource, error: unknown): Promise<never> {
  await parts.return().catch(() => undefined);
  throw error;
}

async function finish(
  { multipart, body, settings: { resume, signal } }: Upload,
  token: UploadToken,
  send: () => Promise<AllParts>,
): Promise<Pick<SentParts, 'info' | 'md5Parts' | 'confirmed'>> {
  let state: 'sending' | 'completing' = 'sending';
  try {
    const { parts, md5Parts } = await send();
    await body.refuseChanged?.(); // the last parts may have been read long before they were sent
    state = 'completing';
    failpoint('parts: all sent, not completed');
    const info = await multipart.complete(token, parts, { signal });
    failpoint('parts: completed, not recorded');
    return { info, md5Parts, confirmed: parts.every(({ md5 }) => md5 !== undefined) };
  } catch (error) {
    const canResume = resume !== undefined && body.replayable;
    if (!canResume || (state === 'completing' && isRefusedForGood(error)))
      await abandon(multipart, token);
    throw error;
  }
}

/** The same parts as a whole would be refused again. */
function isRefusedForGood(error: unknown): boolean {
  return (
    error instanceof StorageError &&
    error.retry === 'never' &&
    !(error instanceof InvalidCredentialsError)
  );
}

/** Aborts without the caller's signal, which may have caused the failure. If that fails, `unfinished` still lists the upload. */
async function abandon(multipart: Multipart, token: UploadToken): Promise<void> {
  await multipart.abort(token, { signal: NEVER_ABORTED }).catch(() => undefined);
}
