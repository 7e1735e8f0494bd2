import type { Backend } from '../backend.js';
import type { Body, Call, Checksum, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import { findChecksum } from '../digest.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { fromSource } from '../http/refusal.js';
import { refusedCondition } from './conditional-write.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import type { EtagMeaning } from './etag.js';
import { checkContainer, checkKey, target } from './names.js';
import { extraFrom } from './object-info.js';
import { type Payload, preparePayload } from './payload.js';
import type { BodyPlan } from './streamed-bodies.js';

type Headers = Readonly<Record<string, string>>;

/** One object to put. */
interface Put {
  readonly ref: ObjectRef;
  readonly body: Body;
  readonly options: PutOptions;
  /** Whether a digest goes along that the provider compares before it stores the object. */
  readonly digestFirst: boolean;
}

export function s3PutObject(
  context: S3Context,
  headObject: Backend['headObject'],
): Backend['putObject'] {
  const { client, profile, settings, etags, conditions, streams, headers: objectHeaders } = context;

  return async (ref, body, options, call) => {
    checkContainer(ref.container);
    checkKey(ref.key);
    const digestFirst = etags.isOpaque(ref.container) || settings.object_lock !== undefined;
    return put({ ref, body, options, digestFirst }, call);
  };

  async function put(wanted: Put, call: Call): Promise<ObjectInfo> {
    const { ref, body, options, digestFirst } = wanted;
    conditions.check(options.precondition);
    const described = objectHeaders.create(ref.key, options); // throws for headers that cannot be sent
    // A body that can be sent once cannot follow a redirect, so the region is found before.
    const replayable = body.replayable || body.bytes !== undefined;
    if (!replayable && body.size !== undefined) await client.locate(ref.container, call);
    const digests = { known: options.checksums, verified: profile.checksums };
    let payload: Payload | undefined;
    const attempt = async (condition: Headers, plan: BodyPlan) => {
      const how = { key: ref.key, ...digests, plan, sign: settings.sign_payload, hashSent: false };
      payload = await preparePayload(body, how, call);
      return sendPut(wanted, payload, { ...described, ...condition }, call);
    };
    const send = (condition: Headers): Promise<ObjectInfo> =>
      streams.send({ kind: 'object', body, ...digests, digestFirst }, (plan) =>
        attempt(condition, plan),
      );
    const head = () => headObject(ref, call);
    const isSent = (found: ObjectInfo) =>
      isAsSent(found, {
        size: body.size ?? 0,
        md5: payload?.sentMd5() ?? md5Of(body),
        metaData: options.metaData,
      });
    const stored = await conditions
      .send(ref, options.precondition, send, replayable, call)
      .catch((error: unknown) => {
        const about = fromSource(ref.key, error, S3);
        return foundAsSent(refusedCondition(ref, options.precondition, about), head, isSent);
      });
    if (stored.checksums.length > 0) return stored;
    const promised = payload?.promised ?? [];
    if (promised.length > 0)
      return { ...stored, checksums: await confirmPromised(stored, promised, etags, head) };
    // Only now is it known that the ETag proves nothing: put it again with a digest that the provider compares.
    const again = body.replayable && !digestFirst && options.precondition === undefined;
    return again ? put({ ...wanted, digestFirst: true }, call) : stored;
  }

  async function sendPut(
    { ref, options }: Put,
    payload: Payload,
    described: Headers,
    call: Call,
  ): Promise<ObjectInfo> {
    const { headers } = await client.request(
      {
        method: 'PUT',
        operation: 'putObject',
        action: 'put',
        ...target(ref),
        headers: { ...described, ...payload.headers },
        body: payload.body,
        chunked: payload.chunked,
        replayable: payload.replayable,
        ...(payload.sha256 !== undefined && { payload: payload.sha256 }),
      },
      call,
    );
    const extra = { contentType: options.contentType, ...extraFrom(headers) };
    const checksums = etags.ofAnswer(ref.container, headers);
    return { size: payload.size, checksums, metaData: { ...options.metaData }, extra, ...ref };
  }
}

/**
 * Digests that the provider compared before it stored the object. Where its ETag should have been an MD5 and is none, a
 * HEAD makes sure that the object is there.
 */
async function confirmPromised(
  stored: ObjectInfo,
  digests: readonly Checksum[],
  etags: EtagMeaning,
  head: () => Promise<ObjectInfo>,
): Promise<readonly Checksum[]> {
  if (etags.isOpaque(stored.container)) return digests;
  const found = await head();
  const isStored = found.extra['etag'] === stored.extra['etag'] && found.size === stored.size;
  return isStored ? digests : found.checksums;
}

/** Hex; undefined for a body that was not hashed. */
function md5Of({ checksums = [] }: Body): string | undefined {
  return findChecksum(checksums, 'md5')?.hex;
}
