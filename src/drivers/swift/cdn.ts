import type { Call } from '../call.js';
import type { Cdn } from '../capabilities.js';
import { ContainerError } from '../errors.js';
import { encodePath } from '../http/encode.js';
import { pathOf } from './client.js';
import { containerHeaders } from './containers.js';
import type { SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import { checkContainer, checkKey } from './names.js';
import { temporaryUrl } from './temp-url.js';
import { tempUrlDigest } from './temp-url-digest.js';

/** Everybody may read objects by their name: https://docs.openstack.org/swift/latest/overview_acl.html */
const PUBLIC = '.r:*';

/**
 * Where the service has a CDN (Rackspace's API, which Libcloud speaks), containers are given to it. Elsewhere a
 * container is made readable for everybody, and an object has a temporary URL.
 */
export function swiftCdn(context: SwiftContext): Cdn {
  const { client } = context;
  const digestOf = tempUrlDigest(context);

  async function cdnUri(container: string, call: Call): Promise<string | undefined> {
    if (!(await client.hasCdn(call))) return undefined;
    const about = {
      method: 'HEAD',
      operation: 'cdn',
      action: 'look up the CDN',
      container,
      atCdn: true,
      accept: 404,
    } as const;
    const { headers } = await client.request(about, call);
    return /^true$/i.test(headers['x-cdn-enabled'] ?? 'true')
      ? (headers['x-cdn-ssl-uri'] ?? headers['x-cdn-uri'])?.replace(/\/+$/, '')
      : undefined;
  }

  return {
    async enableContainer(name, call) {
      const acl = (await containerHeaders(client, name, call))['x-container-read'] ?? '';
      if (await client.hasCdn(call)) {
        const headers = { 'x-cdn-enabled': 'True' };
        await client.request(
          {
            method: 'PUT',
            operation: 'cdn',
            action: 'enable the CDN',
            container: name,
            atCdn: true,
            headers,
          },
          call,
        );
        return;
      }
      if (isPublic(acl)) return;
      const headers = { 'x-container-read': acl === '' ? PUBLIC : `${acl},${PUBLIC}` };
      await client.request(
        {
          method: 'POST',
          operation: 'postContainer',
          action: 'make public',
          container: name,
          headers,
        },
        call,
      );
    },

    /** A temporary URL is good without anything being enabled. */
    async enableObject() {},

    async containerUrl(name, call) {
      const acl = (await containerHeaders(client, name, call))['x-container-read'] ?? '';
      const uri = await cdnUri(name, call);
      if (uri !== undefined) return uri;
      if (!isPublic(acl))
        throw new ContainerError(name, 'is not readable for everybody: enable its CDN first', {
          driver: SWIFT,
        });
      const { origin, path } = await client.storage(call);
      return origin + pathOf(path, name, undefined);
    },

    async objectUrl(ref, call) {
      checkContainer(ref.container);
      checkKey(ref.key);
      const uri = await cdnUri(ref.container, call);
      return uri === undefined
        ? temporaryUrl(context, ref, await digestOf(call), call)
        : `${uri}/${encodePath(ref.key)}`;
    },
  };
}

function isPublic(acl: string): boolean {
  return acl.split(',').some((rule) => rule.trim() === PUBLIC);
}
