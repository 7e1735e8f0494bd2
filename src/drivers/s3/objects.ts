import type { Backend } from '../backend.js';
import type {
  Body,
  Call,
  Checksum,
  ObjectInfo,
  ObjectRef,
  Precondition,
  PutOptions,
} from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectDoesNotExistError, PreconditionFailedError } from '../errors.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { fromSource } from '../http/refusal.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { s3HeadObject } from './head-object.js';
import { checkContainer, checkKey, isPossibleKey } from './names.js';
import { extraFrom } from './object-info.js';
import { type Payload, preparePayload } from './payload.js';
import type { BodyPlan } from './streamed-bodies.js';

type ObjectOperations = Pick<Backend, 'headObject' | 'putObject' | 'deleteObject'>;

export function objectOperations(context: S3Context): ObjectOperations {
  const { client, profile, settings, etags, conditions, streams, headers: objectHeaders } = context;

  const headObject = s3HeadObject(context);

  return {
    headObject,

    async putObject(ref, body, options, call) {
      checkContainer(ref.container);
      checkKey(ref.key);
      return put(
        ref,
        body,
        options,
        etags.isOpaque(ref.container) || settings.object_lock !== undefined,
        call,
      );
    },

    async deleteObject(ref, call) {
      checkContainer(ref.container);
      if (!isPossibleKey(ref.key)) return;
      try {
        await client.request(
          { method: 'DELETE', operation: 'deleteObject', action: 'delete', ...target(ref) },
          call,
        );
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };

  async function put(
    ref: ObjectRef,
    body: Body,
    options: PutOptions,
    digestFirst: boolean,
    call: Call,
  ): Promise<ObjectInfo> {
    conditions.check(options.precondition);
    const described = objectHeaders.create(ref.key, options); // throws for what cannot be sent, before anything is
    // A body that can be sent once cannot follow a redirect, so the region is made sure of before.
    const replayable = body.replayable || body.bytes !== undefined;
    if (!replayable && body.size !== undefined) await client.locate(ref.container, call);
    const digests = { known: options.checksums, verified: profile.checksums };
    let payload: Payload | undefined;
    const attempt = async (condition: Readonly<Record<string, string>>, plan: BodyPlan) => {
      payload = await preparePayload(
        body,
        { key: ref.key, ...digests, plan, sign: settings.sign_payload, hashSent: false },
        call,
      );
      const { headers } = await client.request(
        {
          method: 'PUT',
          operation: 'putObject',
          action: 'put',
          ...target(ref),
          headers: { ...described, ...condition, ...payload.headers },
          body: payload.body,
          chunked: payload.chunked,
          replayable: payload.replayable,
          ...(payload.sha256 !== undefined && { payload: payload.sha256 }),
        },
        call,
      );
      const extra = { contentType: options.contentType, ...extraFrom(headers) };
      const checksums = etags.ofAnswer(ref.container, headers);
      return { ...ref, size: payload.size, checksums, metaData: { ...options.metaData }, extra };
    };
    const send = (condition: Readonly<Record<string, string>>): Promise<ObjectInfo> =>
      streams.send({ kind: 'object', body, ...digests, digestFirst }, (plan) =>
        attempt(condition, plan),
      );
    const look = () => headObject(ref, call);
    const stored = await conditions
      .send(ref, options.precondition, send, replayable, call)
      .catch((error: unknown) =>
        foundAsSent(
          refusedCondition(ref, options.precondition, fromSource(ref.key, error, S3)),
          look,
          (found) =>
            isAsSent(found, {
              size: body.size ?? 0,
              md5: payload?.sentMd5() ?? md5Of(body),
              metaData: options.metaData,
            }),
        ),
      );
    if (stored.checksums.length > 0) return stored;
    const promisedDigests = payload?.promised ?? [];
    if (promisedDigests.length > 0)
      return { ...stored, checksums: await promised(stored, promisedDigests, look) };
    // Only now is it known that the ETag proves nothing: put it again with a digest that the provider compares.
    const again = body.replayable && !digestFirst && options.precondition === undefined;
    return again ? put(ref, body, options, true, call) : stored;
  }

  /**
   * Digests that the provider compared before it stored the object. Where its ETag should have been an MD5 and is none, a
   * look makes sure that the object is there.
   */
  async function promised(
    stored: ObjectInfo,
    digests: readonly Checksum[],
    look: () => Promise<ObjectInfo>,
  ): Promise<readonly Checksum[]> {
    if (etags.isOpaque(stored.container)) return digests;
    const found = await look();
    return found.extra['etag'] === stored.extra['etag'] && found.size === stored.size
      ? digests
      : found.checksums;
  }
}

/** Hex, of a body that has been hashed. */
function md5Of({ checksums = [] }: Body): string | undefined {
  return findChecksum(checksums, 'md5')?.hex;
}

/**
 * A condition can fail in three ways: 412; 409 when another writer is at it; 404 when what should match is gone
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export function refusedCondition(
  { key }: ObjectRef,
  condition: Precondition | undefined,
  error: unknown,
): unknown {
  if (condition === undefined) return error;
  if (error instanceof ObjectDoesNotExistError)
    return new PreconditionFailedError(key, 'is gone', { driver: S3, cause: error });
  return error;
}

/** Of a request about an object. */
export function target({ container, key }: ObjectRef): {
  readonly container: string;
  readonly key: string;
} {
  return { container, key };
}
