import { InvalidCredentialsError } from '../../errors.js';
import { askForm, grantIn } from './ask.js';
import type { Asking, Credentials } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { impersonation } from './impersonation.js';
import { memberOf, textOf } from './members.js';
import { subjectTokenSource } from './subject-token.js';

const STS = 'https://sts.googleapis.com/v1/token';
const ACTION = 'exchange the subject token';

/**
 * Workload identity federation: a token of another identity provider is exchanged for one of Google's, and that, where the file
 * says so, for one of a service account. https://google.aip.dev/auth/4117, https://cloud.google.com/iam/docs/reference/sts/rest
 */
export function externalAccount(asking: Asking, document: unknown): Credentials {
  const audience = textOf(document, 'audience');
  const type = textOf(document, 'subject_token_type');
  if (audience === undefined || type === undefined)
    throw new InvalidCredentialsError(
      'the external account has no audience or no subject_token_type',
      { driver: GOOGLE },
    );
  const url = textOf(document, 'token_url') ?? STS;
  const subjectToken = subjectTokenSource(asking, document, audience);
  const project = textOf(document, 'workforce_pool_user_project');
  const exchanged: Credentials = {
    async grant(scope, call) {
      const fields = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience,
        scope,
        subject_token_type: type,
        subject_token: await subjectToken(call),
        // Only where no client says whose workforce pool it is (AIP-4117).
        options:
          project === undefined || clientOf(document) !== undefined
            ? undefined
            : JSON.stringify({ userProject: project }),
      };
      const headers = clientOf(document) ?? {};
      return grantIn(ACTION, url, await askForm(asking.http, ACTION, url, fields, call, headers));
    },
    signer: async () => undefined,
  };
  const impersonated = textOf(document, 'service_account_impersonation_url');
  if (impersonated === undefined) return exchanged;
  const seconds = memberOf(document, 'service_account_impersonation', 'token_lifetime_seconds');
  return impersonation(asking, exchanged, {
    url: impersonated,
    ...(typeof seconds === 'number' && { lifetimeSeconds: seconds }),
  });
}

/** As HTTP Basic, where the pool has an OAuth client. */
function clientOf(document: unknown): Readonly<Record<string, string>> | undefined {
  const id = textOf(document, 'client_id');
  const secret = textOf(document, 'client_secret');
  if (id === undefined || secret === undefined) return undefined;
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
