import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import type { HttpClient } from '../../http/exchange.js';
import { DRIVER, type ObtainToken } from './access.js';
import { asked, STORAGE_RESOURCE, tokenIn, unusable } from './token-answer.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which of the identities of a machine; without any its own (system-assigned). */
export interface ManagedIdentity {
  readonly clientId?: string | undefined;
  readonly resourceId?: string | undefined;
}

const IMDS_ORIGIN = 'http://169.254.169.254';
/** Where the agent of Azure Arc puts its secrets; a file elsewhere is none (CVE-2022-24512 and the SDKs' checks). */
const ARC_FOLDER = '/var/opt/azcmagent/tokens';

/**
 * Tokens of the machine's identity: of App Service and Container Apps (IDENTITY_ENDPOINT and IDENTITY_HEADER), of Azure Arc
 * (IDENTITY_ENDPOINT and IMDS_ENDPOINT), else of the instance metadata service.
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
export function managedTokens(
  { http, clock, arcFolder = ARC_FOLDER }: ManagedTokensOptions,
  env: Environment,
  identity: ManagedIdentity,
): ObtainToken {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header, IMDS_ENDPOINT: arc } = env;
  if (endpoint && header) return appService(http, clock, endpoint, header, identity);
  if (endpoint && arc) return azureArc({ http, clock, arcFolder }, endpoint);
  const origin = (env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || IMDS_ORIGIN).replace(/\/+$/, '');
  return async (call) => {
    const query = new URLSearchParams({
      'api-version': '2018-02-01',
      resource: STORAGE_RESOURCE,
      ...(identity.clientId !== undefined && { client_id: identity.clientId }),
      ...(identity.resourceId !== undefined && { msi_res_id: identity.resourceId }),
    });
    const path = `/metadata/identity/oauth2/token?${query}`;
    const answer = await get(http, origin, path, { metadata: 'true' }, call);
    return tokenIn(answer, 'the instance metadata service', clock.now());
  };
}

export interface ManagedTokensOptions {
  /** For services that are next door or nowhere: short waits, no proxy. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly arcFolder?: string;
}

function appService(
  http: HttpClient,
  clock: Clock,
  endpoint: string,
  secret: string,
  { clientId, resourceId }: ManagedIdentity,
): ObtainToken {
  return async (call) => {
    const { origin, path } = located(endpoint, {
      'api-version': '2019-08-01',
      resource: STORAGE_RESOURCE,
      ...(clientId !== undefined && { client_id: clientId }),
      ...(resourceId !== undefined && { mi_res_id: resourceId }),
    });
    const answer = await get(http, origin, path, { 'x-identity-header': secret }, call);
    return tokenIn(answer, 'the identity endpoint', clock.now());
  };
}

/** The first answer names a file that only who may use the identity can read; the second request proves that. */
function azureArc(
  { http, clock, arcFolder }: Required<ManagedTokensOptions>,
  endpoint: string,
): ObtainToken {
  const from = 'the identity endpoint of Azure Arc';
  return async (call) => {
    const parameters = { 'api-version': '2020-06-01', resource: STORAGE_RESOURCE };
    const { origin, path } = located(endpoint, parameters);
    const challenge = await get(http, origin, path, { metadata: 'true' }, call);
    const file = /realm="?([^",]+)/i.exec(challenge.headers['www-authenticate'] ?? '')?.[1];
    if (challenge.status !== 401 || file === undefined)
      throw unusable(from, `answered ${challenge.status} without a challenge`);
    const headers = {
      metadata: 'true',
      authorization: `Basic ${await secretOfArc(file, arcFolder, call)}`,
    };
    return tokenIn(await get(http, origin, path, headers, call), from, clock.now());
  };
}

async function secretOfArc(file: string, folder: string, { signal }: Call): Promise<string> {
  if (dirname(file) !== folder || !file.endsWith('.key'))
    throw new InvalidCredentialsError(
      `Azure Arc named the file ${file}, which is not in ${folder}`,
      {
        driver: DRIVER,
      },
    );
  try {
    return (await readFile(file, { encoding: 'utf8', signal })).slice(0, 4096).trim();
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidCredentialsError(
      `Azure Arc's ${file} cannot be read (is this user in the group himds?): ${reason}`,
      { driver: DRIVER, cause: error },
    );
  }
}

function located(
  endpoint: string,
  parameters: Readonly<Record<string, string>>,
): { readonly origin: string; readonly path: string } {
  if (!URL.canParse(endpoint))
    throw new InvalidCredentialsError('IDENTITY_ENDPOINT is not a URL', { driver: DRIVER });
  const { origin, pathname } = new URL(endpoint);
  return { origin, path: `${pathname}?${new URLSearchParams(parameters)}` };
}

function get(
  http: HttpClient,
  origin: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  { signal }: Call,
) {
  return asked(http, { method: 'GET', origin, path, headers, signal });
}
