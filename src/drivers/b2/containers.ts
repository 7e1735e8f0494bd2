import { compareNames } from '../../utf8-order.js';
import type { Backend } from '../backend.js';
import type { ContainerInfo } from '../call.js';
import { type Bucket, bucketIn } from './buckets.js';
import type { B2Context } from './context.js';
import { readObject } from './json.js';
import { checkContainer, checkNewContainer } from './names.js';

type ContainerOperations = Pick<
  Backend,
  'listContainers' | 'headContainer' | 'createContainer' | 'deleteContainer'
>;

export function containerOperations(context: B2Context): ContainerOperations {
  const { client, buckets, settings } = context;
  return {
    async headContainer(name, call) {
      call.signal.throwIfAborted();
      checkContainer(name);
      return infoOf(await buckets.find(name, call));
    },

    /** B2 gives all buckets at once; there are 100 at the most, unless more were asked for. */
    async listContainers({ after, size }, call) {
      call.signal.throwIfAborted();
      const all = [...(await buckets.list(call))].sort((a, b) => compareNames(a.name, b.name));
      const left = all.filter(({ name }) => after === undefined || compareNames(name, after) > 0);
      const items = left.slice(0, size).map(infoOf);
      return { items, next: items.length < left.length ? items.at(-1)?.name : undefined };
    },

    async createContainer(name, call) {
      call.signal.throwIfAborted();
      checkNewContainer(name);
      const action = 'create the container';
      const { accountId } = await client.grant(call);
      const parameters = { accountId, bucketName: name, bucketType: settings.bucket_type };
      const about = { operation: 'b2_create_bucket', action, container: name, parameters } as const;
      const answer = await client.request({ method: 'POST', ...about }, call);
      const bucket = bucketIn(action, readObject(action, answer));
      buckets.remember(bucket);
      return infoOf(bucket);
    },

    /** Versions and hide markers count as content: B2 refuses a bucket that has any. */
    async deleteContainer(name, call) {
      call.signal.throwIfAborted();
      checkContainer(name);
      const action = 'delete the container';
      const { accountId } = await client.grant(call);
      await buckets.withId(name, call, (bucketId) => {
        const parameters = { accountId, bucketId };
        const about = {
          operation: 'b2_delete_bucket',
          action,
          container: name,
          parameters,
        } as const;
        return client.request({ method: 'POST', ...about }, call);
      });
      buckets.forget(name);
    },
  };
}

function infoOf({ name, extra }: Bucket): ContainerInfo {
  return { name, extra };
}
