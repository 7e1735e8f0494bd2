import type { Backend } from '../backend.js';
import { fromSource } from '../http/refusal.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import type { LargeObjects } from './large-objects.js';
import { checkContainer, checkKey, isPossibleKey, refuseImpossible } from './names.js';
import { objectHeaders } from './object-headers.js';
import { extraFrom, infoFromHeaders } from './object-info.js';
import { confirmedMd5, preparePayload } from './payload.js';
import { refuseDropped } from './stored.js';

type ObjectOperations = Pick<Backend, 'headObject' | 'putObject' | 'deleteObject'>;

export function objectOperations({ client, settings }: SwiftContext, large: LargeObjects): ObjectOperations {
  return {
    async headObject(ref, call) {
      call.signal.throwIfAborted();
      refuseImpossible(ref);
      const { headers } = await client.request({ method: 'HEAD', action: 'look at', container: ref.container, key: ref.key }, call);
      return infoFromHeaders({ container: ref.container, key: ref.key }, headers);
    },

    async putObject({ container, key }, body, options, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      checkKey(key);
      const headers = objectHeaders(settings, key, options);
      const payload = preparePayload(key, body, options.checksums);
      const answer = await large.replacing({ container, key }, call, () =>
        client
          .request(
            {
              method: 'PUT',
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
          .catch((error: unknown) => {
            throw fromSource(key, error, SWIFT);
          }),
      );
      refuseDropped(key, answer);
      const md5 = confirmedMd5(key, answer.headers['etag'], payload);
      const extra = { ...extraFrom(answer.headers), contentType: options.contentType };
      return { container, key, size: payload.size, checksums: [{ algorithm: 'md5', hex: md5 }], metaData: { ...options.metaData }, extra };
    },

    async deleteObject({ container, key }, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      if (!isPossibleKey(key)) return;
      await large.replacing({ container, key }, call, () =>
        client.request({ method: 'DELETE', action: 'delete', container, key, accept: 404 }, call),
      );
    },
  };
}
