import type { Call, ObjectRef } from '../call.js';
import { StorageError } from '../errors.js';
import { childrenOf, elementOf, textOf, type XmlElement } from '../http/xml.js';
import type { AzureClient } from './client.js';
import { AZURE } from './errors.js';

/** A block as the service lists it. */
export interface ListedBlock {
  /** Base64. */
  readonly id: string;
  readonly size: number;
}

export interface BlockLists {
  /** Those that the blob consists of; none of one that was put whole. */
  readonly committed: readonly ListedBlock[];
  /** Those that any writer has sent, and that are no part of it yet. */
  readonly uncommitted: readonly ListedBlock[];
}

/**
 * https://learn.microsoft.com/rest/api/storageservices/get-block-list. Rejects with ObjectDoesNotExistError when the blob has
 * neither blocks nor content.
 */
export async function blockLists(
  client: AzureClient,
  { container, key }: ObjectRef,
  call: Call,
): Promise<BlockLists> {
  const { body } = await client.request(
    {
      method: 'GET',
      operation: 'getBlockList',
      action: 'list the blocks',
      container,
      key,
      query: { comp: 'blocklist', blocklisttype: 'all' },
    },
    call,
  );
  const element = elementOf(Buffer.from(body.toString('utf8').replace(/^\ufeff/, '')));
  return {
    committed: blocksIn(element, 'CommittedBlocks', key),
    uncommitted: blocksIn(element, 'UncommittedBlocks', key),
  };
}

function blocksIn(element: XmlElement, name: string, key: string): readonly ListedBlock[] {
  return childrenOf(element, name)
    .flatMap((list) => childrenOf(list, 'Block'))
    .map((block) => {
      const id = textOf(block, 'Name');
      const size = textOf(block, 'Size') ?? '';
      if (!id || !/^\d+$/.test(size))
        throw new StorageError(`list the blocks of "${key}": an entry has no name or no size`, {
          driver: AZURE,
          retry: 'backoff',
        });
      return { id, size: Number(size) };
    });
}
