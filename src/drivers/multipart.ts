import { failpoint } from '../failpoint.js';
import type { Backend } from './backend.js';
import { bytesBody } from './body.js';
import type { Body, ObjectInfo, ObjectRef, PutOptions } from './call.js';
import type { Multipart, Part, UploadToken } from './capabilities.js';
import type { Resume } from './driver.js';
import { ObjectDoesNotExistError, type ObjectError, ObjectTooLargeError, UnsupportedOperationError } from './errors.js';
import { eachInParallel } from './parallel.js';
import { type PlannedPart, partSizeFor, planParts } from './part-size.js';
import { NEVER_ABORTED } from './signal.js';
import { cutBuffers, numberParts } from './stream-parts.js';

/** Parts of one object under way at once. More than this rarely helps, and a stream holds each of them in memory. */
const PARALLEL_PARTS = 4;

export interface PartsSettings {
  readonly signal: AbortSignal;
  /** With it, a failure leaves the parts where they are, and a later call with the token sends only what is missing. */
  readonly resume?: Resume;
  /** Bytes per part; default: what `partSizeFor` says. A resumed upload must use the size that it began with. */
  readonly partSize?: number;
}

export interface SentParts {
  readonly info: ObjectInfo;
  /** Undefined: the body ended within its first part and was put whole. */
  readonly partSize: number | undefined;
}

/**
 * Sends a body in parts, several at a time. A body that can seek is never held in memory; any other is cut into
 * buffers, as many as there are parts under way. On failure the upload is aborted at the provider, unless it can be
 * resumed.
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
    throw new ObjectTooLargeError(ref.key, `is too large: ${body.size} bytes, where ${maxParts} parts of ${max} bytes are allowed`, {
      driver: backend.name,
    });
  }
  const upload: Upload = { multipart, ref, options, partSize, settings, driver: backend.name };
  if (body.size !== undefined && body.slice !== undefined) {
    return { info: await sendSlices(upload, body.size, body.slice), partSize };
  }
  return sendStream(backend, upload, body);
}

interface Upload {
  readonly multipart: Multipart;
  readonly ref: ObjectRef;
  readonly options: PutOptions;
  readonly partSize: number;
  readonly settings: PartsSettings;
  readonly driver: string;
}

async function sendSlices(upload: Upload, size: number, slice: (start: number, end: number) => Body): Promise<ObjectInfo> {
  const { multipart, partSize, settings } = upload;
  const found = await findUpload(upload);
  const token = found?.token ?? (await begin(upload));
  return finish(upload, token, settings.resume !== undefined, async () => {
    const planned = [...planParts(size, partSize)];
    const parts = (found?.parts ?? []).filter((part) => isAsPlanned(part, planned[part.number - 1]));
    const sent = new Set(parts.map((part) => part.number));
    const missing = planned.filter((part) => !sent.has(part.number));
    await eachInParallel(missing, PARALLEL_PARTS, settings.signal, async ({ number, start, end }, signal) => {
      parts.push(await multipart.uploadPart(token, number, slice(start, end), { signal }));
      failpoint('parts: part sent, not the last');
    });
    return parts;
  });
}

/** A part of another size was cut elsewhere; sending its number again replaces it. */
function isAsPlanned(part: Part, plan: PlannedPart | undefined): boolean {
  return plan !== undefined && part.size === plan.end - plan.start;
}

async function sendStream(backend: Backend, upload: Upload, body: Body): Promise<SentParts> {
  const { multipart, ref, options, partSize, settings, driver } = upload;
  if (settings.resume?.token !== undefined) {
    throw new UnsupportedOperationError(`the upload of "${ref.key}" cannot be resumed: a stream cannot be cut again at the same places`, {
      driver,
    });
  }
  const buffers = cutBuffers(body.open(), partSize);
  const first = await buffers.next();
  if (first.done || first.value.byteLength < partSize) {
    const whole = bytesBody(first.done ? new Uint8Array() : first.value);
    return { info: await backend.putObject(ref, whole, options, { signal: settings.signal }), partSize: undefined };
  }
  const token = await begin(upload);
  const info = await finish(upload, token, false, async () => {
    const parts: Part[] = [];
    await eachInParallel(numberParts(first.value, buffers), PARALLEL_PARTS, settings.signal, async ({ number, bytes }, signal) => {
      if (number > multipart.partSize.maxParts) throw tooLong(upload);
      parts.push(await multipart.uploadPart(token, number, bytesBody(bytes), { signal }));
    });
    return parts;
  });
  return { info, partSize };
}

function tooLong({ ref, multipart, partSize, driver }: Upload): ObjectError {
  const problem = `is too large for a stream of unknown length: more than ${multipart.partSize.maxParts} parts of ${partSize} bytes; send it from a file`;
  return new ObjectTooLargeError(ref.key, problem, { driver });
}

/** The upload that the token names and the parts it has; undefined when there is none, or the provider has dropped it. */
async function findUpload({
  multipart,
  ref,
  settings,
  driver,
}: Upload): Promise<{ token: UploadToken; parts: readonly Part[] } | undefined> {
  const token = settings.resume?.token;
  if (token === undefined) return undefined;
  if (token.driver !== driver || token.container !== ref.container || token.key !== ref.key) {
    throw new TypeError(`the upload token is for "${token.key}" in "${token.container}" of driver ${token.driver}, not for "${ref.key}"`);
  }
  try {
    return { token, parts: await multipart.uploadedParts(token, { signal: settings.signal }) };
  } catch (error) {
    if (error instanceof ObjectDoesNotExistError) return undefined;
    throw error;
  }
}

async function begin({ multipart, ref, options, settings }: Upload): Promise<UploadToken> {
  const token = await multipart.begin(ref, options, { signal: settings.signal });
  failpoint('parts: upload begun, not noted');
  try {
    await settings.resume?.keep(token);
    failpoint('parts: upload noted, no part sent');
  } catch (error) {
    await abandon(multipart, token);
    throw error;
  }
  return token;
}

async function finish(upload: Upload, token: UploadToken, resumable: boolean, send: () => Promise<Part[]>): Promise<ObjectInfo> {
  const { multipart, settings } = upload;
  try {
    const parts = await send();
    parts.sort((a, b) => a.number - b.number);
    failpoint('parts: all sent, not completed');
    const info = await multipart.complete(token, parts, { signal: settings.signal });
    failpoint('parts: completed, not told');
    return info;
  } catch (error) {
    if (!resumable) await abandon(multipart, token);
    throw error;
  }
}

/** Without the caller's signal, which may be why we are here. When it fails, `unfinished` still lists the upload. */
async function abandon(multipart: Multipart, token: UploadToken): Promise<void> {
  await multipart.abort(token, { signal: NEVER_ABORTED }).catch(() => undefined);
}
