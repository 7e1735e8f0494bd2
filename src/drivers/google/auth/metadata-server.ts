import type { Call } from '../../call.js';
import type { HttpAnswer } from '../../http/exchange.js';
import { ask, grantIn, notFromGoogle } from './ask.js';
import type { Asking, Credentials } from './credentials.js';
import { signsByIam } from './impersonation.js';

const HOST = 'metadata.google.internal';
const ACTION = 'ask the metadata server';

/**
 * The account of the virtual machine, the pod or the function: https://cloud.google.com/compute/docs/metadata/querying-metadata.
 * GCE_METADATA_HOST is what Google's own libraries read.
 */
export function metadataServer(asking: Asking): Credentials {
  const { local, env } = asking;
  const origin = `http://${env['GCE_METADATA_HOST'] || HOST}`;

  async function get(path: string, call: Call): Promise<HttpAnswer> {
    const url = `${origin}/computeMetadata/v1/instance/service-accounts/default/${path}`;
    const headers = { 'metadata-flavor': 'Google' };
    const answer = await ask(local, { action: ACTION, method: 'GET', url, headers }, call);
    // Any other server may answer there: https://cloud.google.com/compute/docs/metadata/querying-metadata#querying
    if (answer.headers['metadata-flavor'] !== 'Google')
      throw notFromGoogle(ACTION, origin, 'no header Metadata-Flavor');
    return answer;
  }

  const credentials: Credentials = {
    grant: async (scope, call) =>
      grantIn(ACTION, origin, await get(`token?scopes=${encodeURIComponent(scope)}`, call)),
    async signer(call) {
      const email = (await get('email', call)).body.toString('utf8').trim();
      return signsByIam(asking, credentials, email);
    },
  };
  return credentials;
}
