import type { Cdn } from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { checkContainer, checkKey } from './names.js';

/** As in Libcloud: an object's URL is a presigned one, good without anything being enabled; a container has none. */
export function s3Cdn({ client, settings }: S3Context): Cdn {
  const refuse = (name: string) =>
    Promise.reject(
      new UnsupportedOperationError(
        `container "${name}": S3 has no CDN of its own; ask for the URL of an object, or put a CDN before the container`,
        {
          driver: S3,
        },
      ),
    );
  return {
    enableContainer: refuse,
    containerUrl: refuse,
    async enableObject() {},
    async objectUrl({ container, key }, call) {
      checkContainer(container);
      checkKey(key);
      return client.presign(container, key, Math.floor(settings.cdn_expiry / 1000), call);
    },
  };
}
