import type { Call } from '../call.js';
import type { Cdn } from '../capabilities.js';
import { ContainerError } from '../errors.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { readObject, textOf } from './json.js';
import { checkContainer, checkKey } from './names.js';
import { pathOf } from './read.js';

/** Public buckets have plain URLs; an object of a private one has a URL with an authorisation, which ends. */
export function b2Cdn({ client, buckets, settings }: B2Context): Cdn {
  const origin = async (call: Call) =>
    settings.download_url ?? (await client.grant(call)).downloadUrl;
  const isPublic = async (name: string, call: Call) =>
    (await buckets.find(name, call)).extra['bucketType'] === 'allPublic';

  return {
    async enableContainer(name, call) {
      checkContainer(name);
      if (await isPublic(name, call)) return;
      throw new ContainerError(
        name,
        'is private: who may read it is a matter of its owner, who sets it with "b2 bucket update" or in the web console',
        { driver: B2 },
      );
    },

    /** A URL with an authorisation is good without anything being enabled. */
    async enableObject() {},

    async containerUrl(name, call) {
      checkContainer(name);
      if (await isPublic(name, call)) return `${await origin(call)}/file/${name}`;
      throw new ContainerError(name, 'is private, and has URLs of single objects only', {
        driver: B2,
      });
    },

    async objectUrl(ref, call) {
      const { container, key } = ref;
      checkContainer(container);
      checkKey(key);
      const url = (await origin(call)) + pathOf(ref);
      if (await isPublic(container, call)) return url;
      const action = 'get a URL of';
      const about = { operation: 'b2_get_download_authorization', action, container, key } as const;
      const answer = await buckets.withId(container, call, (bucketId) => {
        const validDurationInSeconds = Math.floor(settings.cdn_expiry / 1000);
        const parameters = { bucketId, fileNamePrefix: key, validDurationInSeconds };
        return client.request({ method: 'POST', ...about, parameters }, call);
      });
      const token = textOf(action, readObject(action, answer), 'authorizationToken');
      return `${url}?Authorization=${encodeURIComponent(token)}`;
    },
  };
}
