import type { Cdn } from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import type { AzureContext } from './context.js';
import { AZURE } from './errors.js';
import { checkContainer, checkKey } from './names.js';
import { readUrl } from './read-url.js';

/** As in Libcloud: an object's URL has a SAS to read it, good without anything being enabled; a container has none. */
export function azureCdn(context: AzureContext): Cdn {
  const refuse = (name: string) =>
    Promise.reject(
      new UnsupportedOperationError(
        `container "${name}": Azure Blob Storage has no CDN of its own; ask for the URL of an object, or put Azure Front Door before the container`,
        { driver: AZURE },
      ),
    );
  return {
    enableContainer: refuse,
    containerUrl: refuse,
    async enableObject() {},
    async objectUrl(ref, call) {
      checkContainer(ref.container);
      checkKey(ref.key);
      return readUrl(context, ref, context.settings.cdn_expiry, call);
    },
  };
}
