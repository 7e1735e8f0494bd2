import {
  ContainerAccessDeniedError,
  InvalidCredentialsError,
  UnsupportedOperationError,
} from '../errors.js';
import { childrenOf, parseXml, textOf } from '../http/xml.js';
import type { Versions } from '../versions.js';
import type { AzureContext } from './context.js';
import { checkContainer } from './names.js';

const DAY_S = 86_400;
/** https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview */
const MOST_DAYS = 365;

/**
 * Of all containers of the account: https://learn.microsoft.com/rest/api/storageservices/get-blob-service-properties. The account's
 * key may ask, a SAS of the account for the service (`srt=s`), and an identity that may read the blob service itself; older
 * stores and emulators do not have the question.
 */
export function azureSoftDelete({ client }: AzureContext): Versions['softDeleteSeconds'] {
  return async (container, call) => {
    call.signal.throwIfAborted();
    checkContainer(container);
    const authorization = await client.authorization(call);
    if (authorization.kind === 'sas' && /(?:^|&)sr=/.test(authorization.query)) return 'unseen'; // of one container or blob
    try {
      const { body } = await client.request(
        {
          method: 'GET',
          operation: 'serviceProperties',
          action: 'look up the soft delete of the account',
          query: { restype: 'service', comp: 'properties' },
        },
        call,
      );
      return secondsIn(body);
    } catch (error) {
      if (CANNOT_ASK.some((kind) => error instanceof kind)) return 'unseen';
      throw error;
    }
  };
}

const CANNOT_ASK = [InvalidCredentialsError, ContainerAccessDeniedError, UnsupportedOperationError];

/** An answer without the policy is that of an API version that did not know it; one with an impossible number says nothing. */
function secondsIn(body: Buffer): number | 'unseen' {
  const document = parseXml(body.toString('utf8').replace(/^\ufeff/, ''))?.element ?? {};
  const [policy] = childrenOf(document, 'DeleteRetentionPolicy');
  const enabled = policy && textOf(policy, 'Enabled');
  if (policy === undefined || enabled === undefined) return 'unseen';
  if (enabled.toLowerCase() !== 'true') return 0;
  const days = Number(textOf(policy, 'Days'));
  return Number.isInteger(days) && days > 0 && days <= MOST_DAYS ? days * DAY_S : 'unseen';
}
