import type { Backend } from '../backend.js';
import type { Body, Call, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { fromSource } from '../http/refusal.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { swiftHeadObject } from './head-object.js';
import type { LargeObjects } from './large-objects.js';
import { checkContainer, checkKey, isPossibleKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { extraFrom } from './object-info.js';
import { confirmedMd5, preparePayload } from './payload.js';
import { refuseDropped } from './stored.js';

type ObjectOperations = Pick<Backend, 'headObject' | 'putObject' | 'deleteObject'>;

export function objectOperations(context: SwiftContext, large: LargeObjects): ObjectOperations {
  const { client, settings } = context;
  const headObject = swiftHeadObject(context);

  async function put(
    { container, key }: ObjectRef,
    body: Body,
    options: PutOptions,
    call: Call,
  ): Promise<ObjectInfo> {
    const headers = objectHeaders(settings, key, options);
    const payload = await preparePayload(
      key,
      body,
      options.checksums,
      await client.isInTheClear(call),
      call,
    );
    const answer = await client
      .request(
        {
          method: 'PUT',
          operation: 'putObject',
          action: 'put',
          container,
          key,
          needsContainer: true,
          headers: { ...headers, ...payload.headers },
          body: payload.body,
          replayable: payload.replayable,
        },
        call,
      )
      .catch(async (error: unknown) => {
        const sent = { size: payload.size, md5: payload.sentMd5(), metaData: options.metaData };
        const head = () => headObject({ container, key }, call);
        return foundAsSent(fromSource(key, error, SWIFT), head, (found) => isAsSent(found, sent));
      });
    if ('key' in answer) return answer;
    refuseDropped(key, answer);
    const md5 = confirmedMd5(key, answer.headers['etag'], payload.sentMd5());
    const extra = { ...extraFrom(answer.headers), contentType: options.contentType };
    return {
      container,
      key,
      size: payload.size,
      checksums: [{ algorithm: 'md5', hex: md5 }],
      metaData: { ...options.metaData },
      extra,
    };
  }

  return {
    headObject,

    async putObject(ref, body, options, call) {
      call.signal.throwIfAborted();
      checkContainer(ref.container);
      checkKey(ref.key);
      return large.replacing(ref, call, () => put(ref, body, options, call));
    },

    async deleteObject({ container, key }, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      if (!isPossibleKey(key)) return;
      await large.deleting({ container, key }, call, () =>
        client.request(
          {
            method: 'DELETE',
            operation: 'deleteObject',
            action: 'delete',
            container,
            key,
            accept: 404,
          },
          call,
        ),
      );
    },
  };
}
