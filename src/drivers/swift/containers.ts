import type { Backend } from '../backend.js';
import type { Call, ContainerInfo } from '../call.js';
import {
  ContainerAlreadyExistsError,
  ContainerError,
  ContainerIsNotEmptyError,
} from '../errors.js';
import type { HttpHeaders } from '../http/exchange.js';
import type { SwiftClient } from './client.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { readEntries } from './json.js';
import { checkContainer, checkNewContainer } from './names.js';
import { nextPage, pageQuery } from './paging.js';
import type { Segments } from './segments.js';

type ContainerOperations = Pick<
  Backend,
  'listContainers' | 'headContainer' | 'createContainer' | 'deleteContainer'
>;

export function containerOperations(
  { client, settings }: SwiftContext,
  segments: Segments,
): ContainerOperations {
  return {
    async headContainer(name, call) {
      return { name, extra: extraOf(await containerHeaders(client, name, call)) };
    },

    async listContainers({ after, size }, call) {
      const action = 'list the containers';
      const { body } = await client.request(
        { method: 'GET', operation: 'getAccount', action, query: pageQuery('', after, size) },
        call,
      );
      const items = readEntries(action, body).map(
        ({ name, count, bytes }): ContainerInfo => ({
          name,
          extra: { objectCount: count, bytesUsed: bytes },
        }),
      );
      return {
        items,
        next: nextPage(
          action,
          items.map(({ name }) => name),
          after,
        ),
      };
    },

    async createContainer(name, call) {
      checkNewContainer(name);
      const policy = settings.storage_policy;
      const headers = policy === undefined ? {} : { 'x-storage-policy': policy };
      // 202: it is there. 409: it is there, with another policy.
      const { status } = await client.request(
        {
          method: 'PUT',
          operation: 'putContainer',
          action: 'create the container',
          container: name,
          headers,
          accept: 409,
        },
        call,
      );
      if (status === 202 || status === 409)
        throw new ContainerAlreadyExistsError(name, { driver: SWIFT });
      if (status !== 201)
        throw new ContainerError(name, `was not created: the provider answered ${status}`, {
          driver: SWIFT,
          retry: 'backoff',
        });
      return { name, extra: {} };
    },

    /** With it goes the container that its segments were in, when nothing is left in there. */
    async deleteContainer(name, call) {
      checkContainer(name);
      const { status } = await client.request(
        {
          method: 'DELETE',
          operation: 'deleteContainer',
          action: 'delete the container',
          container: name,
          accept: 409,
        },
        call,
      );
      if (status === 409) throw new ContainerIsNotEmptyError(name, { driver: SWIFT });
      await segments.removeContainerOf(name, call);
    },
  };
}

/** By a listing of one: Swift's answers to HEAD on a container have broken kept-alive connections (204 with a chunked end). */
export async function containerHeaders(
  client: SwiftClient,
  name: string,
  call: Call,
): Promise<HttpHeaders> {
  checkContainer(name);
  const query = { format: 'json', limit: '1' };
  return (
    await client.request(
      {
        method: 'GET',
        operation: 'getContainer',
        action: 'look up the container',
        container: name,
        query,
      },
      call,
    )
  ).headers;
}

function extraOf(headers: HttpHeaders): Record<string, unknown> {
  const extra: Record<string, unknown> = {
    objectCount: Number(headers['x-container-object-count'] ?? Number.NaN),
    bytesUsed: Number(headers['x-container-bytes-used'] ?? Number.NaN),
  };
  if (headers['x-storage-policy'] !== undefined)
    extra['storagePolicy'] = headers['x-storage-policy'];
  if (headers['x-container-read'] !== undefined) extra['readAcl'] = headers['x-container-read'];
  return extra;
}
