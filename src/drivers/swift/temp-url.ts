import { createHmac, randomBytes } from 'node:crypto';
import type { Call, ObjectRef } from '../call.js';
import { InvalidCredentialsError } from '../errors.js';
import type { SwiftClient } from './client.js';
import { pathOf } from './client.js';
import { containerHeaders } from './containers.js';
import type { SwiftContext } from './context.js';
import type { TempUrlDigest } from './temp-url-digest.js';

// https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html

/** A URL that lets its bearer read one object until it expires. */
export async function temporaryUrl(
  { client, settings, clock }: SwiftContext,
  { container, key }: ObjectRef,
  digest: TempUrlDigest,
  call: Call,
): Promise<string> {
  const secret = settings.temp_url_key?.reveal() ?? (await keyOf(client, container, call));
  const { origin, path } = await client.storage(call);
  const expires = Math.floor((clock.now() + settings.cdn_expiry) / 1000);
  // What is signed is the path as the server decodes it.
  const signed = `GET\n${expires}\n${decodeURIComponent(path)}/${container}/${key}`;
  const signature = createHmac(digest, secret).update(signed).digest('hex');
  return `${origin}${pathOf(path, container, key)}?temp_url_sig=${signature}&temp_url_expires=${expires}`;
}

/**
 * The account's key, which is made when there is none. A container's key would not do: it opens no other container, and
 * so not the segments of a large object. Users who do not own the account have no other way.
 */
async function keyOf(client: SwiftClient, container: string, call: Call): Promise<string> {
  try {
    const query = { format: 'json', limit: '1' };
    const { headers } = await client.request(
      { method: 'GET', operation: 'getAccount', action: 'look up the account', query },
      call,
    );
    const found =
      headers['x-account-meta-temp-url-key'] ?? headers['x-account-meta-temp-url-key-2'];
    return found || (await setKey(client, 'account', undefined, call));
  } catch (error) {
    if (!(error instanceof InvalidCredentialsError)) throw error;
  }
  const headers = await containerHeaders(client, container, call);
  const found =
    headers['x-container-meta-temp-url-key'] ?? headers['x-container-meta-temp-url-key-2'];
  return found || setKey(client, 'container', container, call);
}

async function setKey(
  client: SwiftClient,
  of: 'account' | 'container',
  container: string | undefined,
  call: Call,
): Promise<string> {
  const made = randomBytes(32).toString('hex');
  const headers = { [`x-${of}-meta-temp-url-key`]: made };
  await client.request(
    {
      method: 'POST',
      operation: 'postAccount',
      action: `set the ${of}'s key for temporary URLs`,
      container,
      headers,
    },
    call,
  );
  return made;
}
