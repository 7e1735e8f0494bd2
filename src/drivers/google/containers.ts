import type { Backend } from '../backend.js';
import { ContainerAlreadyExistsError, ContainerIsNotEmptyError, StorageError } from '../errors.js';
import { listOf, textOf } from './auth/members.js';
import { BUCKET_FIELDS, bucketInfo, headContainer } from './bucket.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { readDocument } from './json.js';
import { notAdvancing } from './listing.js';
import { bucketPath, checkContainer, checkNewContainer } from './names.js';

type ContainerOperations = Pick<
  Backend,
  'listContainers' | 'headContainer' | 'createContainer' | 'deleteContainer'
>;

export function containerOperations(context: GoogleContext): ContainerOperations {
  const { client, settings } = context;

  function project(): string {
    const found = settings.project ?? settings.environment()['GOOGLE_CLOUD_PROJECT'];
    if (found) return found;
    throw new StorageError(
      'buckets are created and listed in a project: set `project`, or GOOGLE_CLOUD_PROJECT',
      { driver: GOOGLE },
    );
  }

  return {
    headContainer: headContainer(context),

    async listContainers({ after, size }, call) {
      call.signal.throwIfAborted();
      const what = 'list the containers';
      const { body } = await client.request(
        {
          method: 'GET',
          operation: 'listBuckets',
          action: what,
          path: '/storage/v1/b',
          query: {
            project: project(),
            pageToken: after,
            maxResults: size === undefined ? undefined : String(size),
            fields: `kind,nextPageToken,items(${BUCKET_FIELDS})`,
          },
        },
        call,
      );
      const document = readDocument(what, body);
      const next = textOf(document, 'nextPageToken');
      if (next !== undefined && next === after) throw notAdvancing(what);
      return { items: listOf(document, 'items').map((item) => bucketInfo(item, undefined)), next };
    },

    async createContainer(name, call) {
      call.signal.throwIfAborted();
      checkNewContainer(name);
      const { location } = settings;
      const { status, body } = await client.request(
        {
          method: 'POST',
          operation: 'createBucket',
          action: 'create the container',
          container: name,
          path: '/storage/v1/b',
          query: { project: project(), fields: BUCKET_FIELDS },
          headers: { 'content-type': 'application/json; charset=UTF-8' },
          body: Buffer.from(JSON.stringify({ name, ...(location !== undefined && { location }) })),
          accept: 409, // there is one: ours, or that of anybody else
        },
        call,
      );
      if (status === 409) throw new ContainerAlreadyExistsError(name, { driver: GOOGLE });
      return bucketInfo(readDocument(`create "${name}"`, body), name);
    },

    async deleteContainer(name, call) {
      call.signal.throwIfAborted();
      checkContainer(name);
      const { status } = await client.request(
        {
          method: 'DELETE',
          operation: 'deleteBucket',
          action: 'delete the container',
          container: name,
          path: bucketPath(name),
          accept: 409,
        },
        call,
      );
      if (status === 409) throw new ContainerIsNotEmptyError(name, { driver: GOOGLE });
    },
  };
}
