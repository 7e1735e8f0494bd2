import { createHash } from 'node:crypto';
import { isoTime } from '../../clock.js';
import type { Call, ObjectRef } from '../call.js';
import type { Cdn } from '../capabilities.js';
import { UnsupportedOperationError } from '../errors.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { checkContainer, checkKey, encodeSegment, xmlPath } from './names.js';

const ALGORITHM = 'GOOG4-RSA-SHA256';

/** As in Libcloud for S3: an object's URL is a signed one, good without anything being enabled; a container has none. */
export function googleCdn({ client, settings, clock, signer }: GoogleContext): Cdn {
  const refuse = (name: string) =>
    Promise.reject(
      new UnsupportedOperationError(
        `container "${name}": ask for the URL of an object, or put Cloud CDN before the container`,
        { driver: GOOGLE },
      ),
    );

  /** V4: https://cloud.google.com/storage/docs/access-control/signing-urls-manually */
  async function signedUrl({ container, key }: ObjectRef, call: Call): Promise<string> {
    const found = await signer(call);
    if (found === undefined)
      throw new UnsupportedOperationError(
        `no URL of "${key}" can be signed: these credentials are no service account; name one as \`impersonate\``,
        { driver: GOOGLE },
      );
    const time = isoTime(clock.now()).replace(/[-:]|\.\d+/g, '');
    const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
    const parameters = {
      'X-Goog-Algorithm': ALGORITHM,
      'X-Goog-Credential': `${found.email}/${scope}`,
      'X-Goog-Date': time,
      'X-Goog-Expires': String(Math.floor(settings.cdn_expiry / 1000)),
      'X-Goog-SignedHeaders': 'host',
      ...(settings.user_project !== undefined && { userProject: settings.user_project }),
    };
    const query = Object.entries(parameters)
      .map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`)
      .sort()
      .join('&');
    const { host } = new URL(client.origin);
    const path = xmlPath(container, key);
    const canonical = ['GET', path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join(
      '\n',
    );
    const digest = createHash('sha256').update(canonical).digest('hex');
    const signature = await found.sign([ALGORITHM, time, scope, digest].join('\n'), call);
    return `${client.origin}${path}?${query}&X-Goog-Signature=${signature.toString('hex')}`;
  }

  return {
    enableContainer: refuse,
    containerUrl: refuse,
    async enableObject() {},
    async objectUrl(ref, call) {
      call.signal.throwIfAborted();
      checkContainer(ref.container);
      checkKey(ref.key);
      return signedUrl(ref, call);
    },
  };
}
