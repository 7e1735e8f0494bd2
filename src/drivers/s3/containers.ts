import { parseTime } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { Call, ContainerInfo } from '../call.js';
import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  StorageError,
  UnprovenAnswerError,
} from '../errors.js';
import { childrenOf, parseXml, textOf, type XmlElement } from '../http/xml.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { checkContainer, checkNewContainer } from './names.js';
import { requestXml } from './request-xml.js';

type ContainerOperations = Pick<
  Backend,
  'listContainers' | 'headContainer' | 'createContainer' | 'deleteContainer'
>;

export function containerOperations({ client, profile, settings }: S3Context): ContainerOperations {
  async function head(name: string, call: Call): Promise<ContainerInfo> {
    checkContainer(name);
    const { headers } = await client.request(
      { method: 'HEAD', operation: 'headBucket', action: 'look up the container', container: name },
      call,
    );
    return { name, extra: { region: headers['x-amz-bucket-region'] ?? client.regionOf(name) } };
  }

  async function exists(name: string, call: Call): Promise<boolean> {
    try {
      await head(name, call);
      return true;
    } catch (error) {
      if (error instanceof ContainerDoesNotExistError) return false;
      throw error;
    }
  }

  return {
    headContainer: head,

    /** One answer has them all (an account has thousands at the most), so pages are cut from it here. */
    async listContainers({ after, size = Number.POSITIVE_INFINITY }, call) {
      const { body } = await client.request(
        { method: 'GET', operation: 'listBuckets', action: 'list the containers' },
        call,
      );
      const buckets = parseXml(body.toString('utf8'))?.element['Buckets'];
      const found =
        typeof buckets === 'object' && !Array.isArray(buckets)
          ? childrenOf(buckets as never, 'Bucket')
          : [];
      const all = found
        .map(
          (bucket): ContainerInfo => ({
            name: nameOf(bucket),
            extra: { createdAt: parseTime(textOf(bucket, 'CreationDate') ?? '') },
          }),
        )
        .filter(({ name }) => after === undefined || name > after)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const items = all.slice(0, size);
      return { items, next: items.length < all.length ? items.at(-1)?.name : undefined };
    },

    async createContainer(name, call) {
      checkNewContainer(name);
      // Such a provider says yes to a container that exists already; a HEAD distinguishes the two.
      if (profile.createsTwice && (await exists(name, call)))
        throw new ContainerAlreadyExistsError(name, { driver: S3 });
      const region = client.regionOf(name);
      const constrained =
        profile.locationConstraint && !(profile.name === 'aws' && region === 'us-east-1');
      const created = client.request(
        {
          method: 'PUT',
          operation: 'createBucket',
          action: 'create the container',
          container: name,
          headers:
            settings.object_lock === undefined
              ? {}
              : { 'x-amz-bucket-object-lock-enabled': 'true' },
          ...(constrained && {
            body: requestXml('CreateBucketConfiguration', { LocationConstraint: region }),
          }),
        },
        call,
      );
      await created.catch(async (error: unknown) => {
        // The answer proves nothing; a HEAD may.
        if (
          !(error instanceof UnprovenAnswerError) ||
          !(await exists(name, call).catch(() => false))
        )
          throw error;
      });
      return { name, extra: { region } };
    },

    async deleteContainer(name, call) {
      checkContainer(name);
      await client.request(
        {
          method: 'DELETE',
          operation: 'deleteBucket',
          action: 'delete the container',
          container: name,
        },
        call,
      );
    },
  };
}

function nameOf(bucket: XmlElement): string {
  const name = textOf(bucket, 'Name');
  if (name) return name;
  throw new StorageError('list the containers: an entry has no name', {
    driver: S3,
    retry: 'backoff',
  });
}
