import type { Call, ObjectRef } from '../call.js';
import { buildXml, elementOf, textOf } from '../http/xml.js';
import { pathOf } from './address.js';
import type { AzureContext } from './context.js';
import {
  type DelegationKey,
  delegatedReadSas,
  readSas,
  type SasOptions,
  secondsTime,
} from './sas.js';

/** A delegation key lives seven days at the most. */
const LONGEST_DELEGATION_MS = 7 * 86_400_000;

/** The address of a blob, without what proves a request. */
export function urlOf(
  { client }: Pick<AzureContext, 'client'>,
  { container, key }: ObjectRef,
): string {
  return client.address.origin + pathOf(client.address, container, key);
}

/** A URL that lets its bearer read one object: by a SAS of its own, or by the one in the settings. */
export async function readUrl(
  context: AzureContext,
  object: ObjectRef,
  validForMs: number,
  call: Call,
): Promise<string> {
  const { client } = context;
  const { account, origin } = client.address;
  const authorization = await client.authorization(call);
  const url = urlOf(context, object);
  if (authorization.kind === 'sas') return `${url}?${authorization.query}`;
  const secure = origin.startsWith('https:');
  const nowMs = client.now();
  const options: SasOptions = { account, object, nowMs, validForMs, secure };
  if (authorization.kind === 'key') return `${url}?${readSas(options, authorization.account)}`;
  const delegated = { ...options, validForMs: Math.min(validForMs, LONGEST_DELEGATION_MS) };
  return `${url}?${delegatedReadSas(delegated, await delegationKey(context, delegated, call))}`;
}

/** https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key */
async function delegationKey(
  { client }: AzureContext,
  { nowMs, validForMs }: SasOptions,
  call: Call,
): Promise<DelegationKey> {
  const { body } = await client.request(
    {
      method: 'POST',
      operation: 'userDelegationKey',
      action: 'ask for a key to sign with',
      query: { restype: 'service', comp: 'userdelegationkey' },
      headers: { 'content-type': 'application/xml' },
      body: buildXml('KeyInfo', {
        Start: secondsTime(nowMs),
        Expiry: secondsTime(nowMs + validForMs),
      }),
    },
    call,
  );
  const element = elementOf(body);
  const field = (name: string) => textOf(element, name) ?? '';
  return {
    objectId: field('SignedOid'),
    tenantId: field('SignedTid'),
    start: field('SignedStart'),
    expiry: field('SignedExpiry'),
    service: field('SignedService'),
    version: field('SignedVersion'),
    value: field('Value'),
  };
}
