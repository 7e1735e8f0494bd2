import type { Backend } from '../backend.js';
import type { Body, Call, Checksum, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import { findChecksum } from '../digest.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { fromSource } from '../http/refusal.js';
import { generationMatch } from './conditions.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { readDocument } from './json.js';
import { checkContainer, checkKey, uploadPath } from './names.js';
import { type Payload, preparePayload, refuseOther } from './payload.js';
import { relatedBody } from './related-body.js';
import { base64Of, infoOf, OBJECT_FIELDS, resourceOf } from './resource.js';

/** Description and content go in one request: https://cloud.google.com/storage/docs/uploading-objects, "multipart upload". */
export function googlePutObject(
  { client, settings }: GoogleContext,
  headObject: Backend['headObject'],
): Backend['putObject'] {
  return async (ref, body, options, call) => {
    call.signal.throwIfAborted();
    checkContainer(ref.container);
    checkKey(ref.key);
    const condition = generationMatch(ref, options.precondition);
    const resource = resourceOf(ref.key, options, settings);
    const payload = await preparePayload(
      ref.key,
      body,
      options.checksums,
      client.origin.startsWith('http:'),
      call,
    );
    const stored = await send(ref, { ...resource, ...digestFields(payload.promised) }, payload, {
      options,
      condition,
      call,
    }).catch((error: unknown) =>
      foundAsSent(
        fromSource(ref.key, error, GOOGLE),
        () => headObject({ container: ref.container, key: ref.key }, call),
        (found) => isAsSent(found, sentObject(body, payload, options)),
      ),
    );
    refuseOther(ref.key, payload.sent(), stored.checksums);
    return stored;
  };

  async function send(
    { container, key }: ObjectRef,
    resource: Readonly<Record<string, unknown>>,
    payload: Payload,
    {
      options,
      condition,
      call,
    }: {
      readonly options: PutOptions;
      readonly condition: ReturnType<typeof generationMatch>;
      readonly call: Call;
    },
  ): Promise<ObjectInfo> {
    const { contentType, body } = relatedBody(resource, payload);
    const answer = await client.request(
      {
        method: 'POST',
        operation: 'putObject',
        action: 'put',
        container,
        key,
        needsContainer: true,
        condition: options.precondition && key,
        path: uploadPath(container),
        query: {
          uploadType: 'multipart',
          name: key,
          fields: OBJECT_FIELDS,
          kmsKeyName: settings.kms_key,
          ...condition,
        },
        headers: { 'content-type': contentType },
        body,
        replayable: payload.replayable,
      },
      call,
    );
    const what = `put "${key}"`;
    return infoOf(container, readDocument(what, answer.body), what);
  }
}

/** Fields of the description that make the provider refuse other bytes with 400. */
export function digestFields(digests: readonly Checksum[]): Readonly<Record<string, string>> {
  const md5 = findChecksum(digests, 'md5');
  const crc32c = findChecksum(digests, 'crc32c');
  return {
    ...(md5 && { md5Hash: base64Of(md5.hex) }),
    ...(crc32c && { crc32c: base64Of(crc32c.hex) }),
  };
}

function sentObject({ size = 0 }: Body, payload: Payload, { metaData }: PutOptions) {
  return { size, md5: findChecksum(payload.sent(), 'md5')?.hex, metaData };
}
