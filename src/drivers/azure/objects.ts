import type { Backend } from '../backend.js';
import type { Body, Call, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import { ObjectDoesNotExistError } from '../errors.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { FIRST_BYTE, objectSize } from '../http/object-size.js';
import { fromSource } from '../http/refusal.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { listBlobs } from './listing.js';
import { checkContainer, checkKey, isPossibleKey, refuseImpossible } from './names.js';
import { conditionHeaders, descriptionHeaders, tierHeaders } from './object-headers.js';
import { extraFrom, infoFromHeaders } from './object-info.js';
import { confirmedMd5, preparePayload } from './payload.js';

export interface ObjectOperations extends Pick<Backend, 'putObject' | 'deleteObject'> {
  /** What is known of an object, or of one of its versions. */
  headObject(ref: ObjectRef, call: Call, versionId?: string): Promise<ObjectInfo>;
}

export function objectOperations(context: AzureContext): ObjectOperations {
  const { client, settings } = context;
  const headObject = azureHeadObject(context);
  const isInTheClear = client.address.origin.startsWith('http:');

  async function put(
    { container, key }: ObjectRef,
    body: Body,
    options: PutOptions,
    call: Call,
  ): Promise<ObjectInfo> {
    const headers = {
      'x-ms-blob-type': 'BlockBlob',
      ...descriptionHeaders(settings, key, options),
      ...tierHeaders(settings, key, options),
      ...conditionHeaders(options.precondition),
    };
    const payload = await preparePayload(key, body, options.checksums, isInTheClear, call);
    const answer = await client
      .request(
        {
          method: 'PUT',
          operation: 'putBlob',
          action: 'put',
          container,
          key,
          headers: { ...headers, ...payload.headers },
          body: payload.body,
          replayable: payload.replayable,
        },
        call,
      )
      .catch(async (error: unknown) => {
        const sent = { size: payload.size, md5: payload.sentMd5(), metaData: options.metaData };
        const head = () => headObject({ container, key }, call);
        return foundAsSent(fromSource(key, error, AZURE), head, (found) => isAsSent(found, sent));
      });
    if ('key' in answer) return answer;
    const md5 = confirmedMd5(key, answer.headers, payload.sentMd5());
    const extra = { ...extraFrom(answer.headers), contentType: options.contentType };
    const checksums = [{ algorithm: 'md5', hex: md5 } as const];
    return {
      container,
      key,
      size: payload.size,
      checksums,
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
      return put(ref, body, options, call);
    },
    async deleteObject({ container, key }, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      if (!isPossibleKey(key)) return;
      const about = { operation: 'deleteBlob', action: 'delete', container, key } as const;
      try {
        await client.request({ method: 'DELETE', ...about }, call);
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}

function azureHeadObject(context: AzureContext): ObjectOperations['headObject'] {
  const { client } = context;
  const list = listBlobs(context);
  return async (ref, call, versionId) => {
    call.signal.throwIfAborted();
    refuseImpossible(ref);
    const { container, key } = ref;
    const about = { action: 'look up', container, key, query: { versionid: versionId } } as const;
    const { headers } = await client.request(
      { method: 'HEAD', operation: 'headBlob', ...about },
      call,
    );
    const range = { 'x-ms-range': FIRST_BYTE };
    const size = await objectSize(headers, ref, {
      driver: AZURE,
      get: () =>
        client.stream(
          { method: 'GET', operation: 'getBlob', ...about, headers: range, accept: 416 },
          call,
        ),
      list: async () => {
        if (versionId !== undefined) return undefined;
        const { items } = await list(container, key, { size: 1 }, call);
        return items.find((item) => item.key === key)?.size;
      },
    });
    return infoFromHeaders(ref, size, headers);
  };
}
