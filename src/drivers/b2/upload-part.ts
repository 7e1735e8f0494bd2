import { hash } from 'node:crypto';
import { bytesBody } from '../body.js';
import type { Body, Call } from '../call.js';
import type { Part, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ObjectDoesNotExistError, UnsupportedOperationError } from '../errors.js';
import { fromSource } from '../http/refusal.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { optionalText, readObject } from './json.js';
import { numberAtB2, receiptOf, smallestPart } from './parts.js';
import { checkStored, gathered, preparePayload } from './payload.js';

/** Contents of uploads that have one small part only, by large file. */
export type SmallParts = Map<string, Uint8Array>;

/** Sends one of B2's parts. Resolves with the hex digests of the bytes, whose SHA-1 B2 has confirmed. */
async function sendPart(
  { client, partUrls }: B2Context,
  { container, key, opaque: id }: UploadToken,
  number: number,
  body: Body,
  call: Call,
): Promise<{ readonly sha1: string; readonly md5: string | undefined }> {
  const payload = preparePayload(key, body, body.checksums ?? [], true);
  const action = `put part ${number} of`;
  const about = {
    operation: 'b2_upload_part',
    action,
    container,
    key,
    sendsContent: true,
  } as const;
  const headers = {
    'x-bz-part-number': String(number),
    'x-bz-content-sha1': payload.declared,
  };
  const { body: content, replayable } = payload;
  const answer = await partUrls
    .use(
      { id, container, key },
      (upload) =>
        client.request(
          { method: 'POST', ...about, headers, body: content, replayable, upload },
          call,
        ),
      call,
    )
    .catch((error: unknown) => {
      throw fromSource(key, error, B2);
    });
  const sha1 = optionalText(readObject(action, answer), 'contentSha1');
  checkStored(key, sha1, payload);
  return { sha1: sha1 ?? '', md5: payload.sentMd5() };
}

export async function uploadPart(
  context: B2Context,
  small: SmallParts,
  token: UploadToken,
  number: number,
  body: Body,
  call: Call,
): Promise<Part> {
  const { size } = body;
  if (size === undefined)
    throw new UnsupportedOperationError(`part ${number} of "${token.key}" has no size`, {
      driver: B2,
    });
  if (number === 1) return firstPart(context, small, token, body, size, call);
  const { sha1, md5 } = await sendPart(context, token, numberAtB2(number), body, call);
  return { number, size, receipt: sha1, ...(md5 !== undefined && { md5 }) };
}

/** As two parts of B2's, or kept: see parts.ts. */
async function firstPart(
  context: B2Context,
  small: SmallParts,
  token: UploadToken,
  body: Body,
  size: number,
  call: Call,
): Promise<Part> {
  const known = findChecksum(body.checksums ?? [], 'md5')?.hex;
  const cut = smallestPart(await context.client.grant(call));
  if (size > cut && body.slice !== undefined && known !== undefined) {
    const halves = [body.slice(0, cut), body.slice(cut, size)] as const;
    return { ...(await sendHalves(context, token, halves, call)), size, md5: known };
  }
  const bytes = await gathered(token.key, body, size, call);
  const md5 = known ?? hash('md5', bytes, 'hex');
  if (size > cut) {
    const halves = [bytesBody(bytes.subarray(0, cut)), bytesBody(bytes.subarray(cut))] as const;
    return { ...(await sendHalves(context, token, halves, call)), size, md5 };
  }
  if (!(await isOpen(context, token, call)))
    throw new ObjectDoesNotExistError(token.key, { driver: B2 });
  // A copy: the caller may use the memory for the next part.
  small.set(token.opaque, Uint8Array.from(bytes));
  return { number: 1, size, receipt: hash('sha1', bytes, 'hex'), md5 };
}

async function sendHalves(
  context: B2Context,
  token: UploadToken,
  halves: readonly [Body, Body],
  call: Call,
): Promise<Pick<Part, 'number' | 'receipt'>> {
  const sha1s: string[] = [];
  for (const [at, half] of halves.entries())
    sha1s.push((await sendPart(context, token, at + 1, half, call)).sha1);
  return { number: 1, receipt: receiptOf(sha1s) };
}

/** Whether a large file is begun, and neither finished nor cancelled. */
export async function isOpen(context: B2Context, token: UploadToken, call: Call): Promise<boolean> {
  return (await startedFile(context, token, call)) !== undefined;
}

/** The large file as it was begun; undefined: it is finished, cancelled or was never there. */
export async function startedFile(
  { client }: Pick<B2Context, 'client'>,
  { container, key, opaque: fileId }: UploadToken,
  call: Call,
) {
  const about = { operation: 'b2_get_file_info', action: 'look up the upload of' } as const;
  const request = { method: 'POST', ...about, container, key, parameters: { fileId } } as const;
  try {
    const document = readObject(about.action, await client.request(request, call));
    return document['action'] === 'start' ? document : undefined;
  } catch (error) {
    if (error instanceof ObjectDoesNotExistError) return undefined;
    throw error;
  }
}
