import { parseTime } from '../../clock.js';
import type { Backend } from '../backend.js';
import type { Call, ContainerInfo } from '../call.js';
import { ContainerAlreadyExistsError, ContainerIsNotEmptyError, StorageError } from '../errors.js';
import type { HttpHeaders } from '../http/exchange.js';
import { childrenOf, parseXml, textOf, type XmlElement } from '../http/xml.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { blobPage } from './listing.js';
import { checkContainer, checkNewContainer } from './names.js';
import { leaseOf, quoted } from './object-info.js';

type ContainerOperations = Pick<
  Backend,
  'listContainers' | 'headContainer' | 'createContainer' | 'deleteContainer'
>;

const OF_CONTAINER = { restype: 'container' } as const;
const PAGE_LIMIT = 5_000;

export function containerOperations(context: AzureContext): ContainerOperations {
  const { client } = context;

  /** A SAS of one container may list its blobs, and not look at the container itself. */
  async function isLimited(call: Call): Promise<boolean> {
    const authorization = await client.authorization(call);
    return authorization.kind === 'sas' && /(?:^|&)sr=c(?:&|$)/.test(authorization.query);
  }

  async function head(name: string, call: Call): Promise<ContainerInfo> {
    call.signal.throwIfAborted();
    checkContainer(name);
    if (await isLimited(call)) {
      await firstPage(name, call);
      return { name, extra: {} };
    }
    const { headers } = await client.request(
      {
        method: 'HEAD',
        operation: 'headContainer',
        action: 'look up the container',
        container: name,
        query: OF_CONTAINER,
      },
      call,
    );
    return { name, extra: extraOfContainer(headers) };
  }

  const firstPage = (container: string, call: Call, after?: string) =>
    blobPage(client, { container, prefix: '', after, size: 1, include: undefined }, call);

  /** The service deletes a container with all that is in it, so it is looked at before; a page may be empty and not the last. */
  async function isEmpty(container: string, call: Call): Promise<boolean> {
    let after: string | undefined;
    do {
      const page = await firstPage(container, call, after);
      if (page.blobs.length > 0) return false;
      if (page.nextMarker === after) break;
      after = page.nextMarker;
    } while (after !== undefined);
    return true;
  }

  return {
    headContainer: head,

    async listContainers({ after, size = PAGE_LIMIT }, call) {
      const query = { comp: 'list', marker: after, maxresults: String(Math.min(size, PAGE_LIMIT)) };
      const { body } = await client.request(
        { method: 'GET', operation: 'listContainers', action: 'list the containers', query },
        call,
      );
      const document = parseXml(body.toString('utf8').replace(/^\ufeff/, ''))?.element ?? {};
      const containers = childrenOf(document, 'Containers')[0];
      return {
        items: containers === undefined ? [] : childrenOf(containers, 'Container').map(infoOf),
        next: textOf(document, 'NextMarker') || undefined,
      };
    },

    async createContainer(name, call) {
      call.signal.throwIfAborted();
      checkNewContainer(name);
      if (await isLimited(call)) {
        await head(name, call); // such a SAS is of one container, and can make none
        throw new ContainerAlreadyExistsError(name, { driver: AZURE });
      }
      const { headers } = await client.request(
        {
          method: 'PUT',
          operation: 'createContainer',
          action: 'create the container',
          container: name,
          query: OF_CONTAINER,
        },
        call,
      );
      return { name, extra: extraOfContainer(headers) };
    },

    async deleteContainer(name, call) {
      call.signal.throwIfAborted();
      checkContainer(name);
      if (!(await isEmpty(name, call))) throw new ContainerIsNotEmptyError(name, { driver: AZURE });
      await client.request(
        {
          method: 'DELETE',
          operation: 'deleteContainer',
          action: 'delete the container',
          container: name,
          query: OF_CONTAINER,
        },
        call,
      );
    },
  };
}

function infoOf(container: XmlElement): ContainerInfo {
  const name = textOf(container, 'Name');
  if (!name)
    throw new StorageError('list the containers: an entry has no name', {
      driver: AZURE,
      retry: 'backoff',
    });
  const [properties = {}] = childrenOf(container, 'Properties');
  const modified = parseTime(textOf(properties, 'Last-Modified') ?? '');
  const etag = textOf(properties, 'Etag');
  return {
    name,
    extra: {
      ...(modified !== undefined && { lastModified: modified }),
      ...(etag !== undefined && { etag: quoted(etag) }),
    },
  };
}

function extraOfContainer(headers: HttpHeaders): Record<string, unknown> {
  const { etag } = headers;
  const modified = parseTime(headers['last-modified'] ?? '');
  const status = headers['x-ms-lease-status'];
  return {
    ...(modified !== undefined && { lastModified: modified }),
    ...(etag !== undefined && { etag: quoted(etag) }),
    ...(status !== undefined && {
      lease: leaseOf(status, headers['x-ms-lease-state'], headers['x-ms-lease-duration']),
    }),
  };
}
