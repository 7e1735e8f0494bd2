import { readFile } from 'node:fs/promises';
import { parseTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../errors.js';
import {
  type HttpAnswer,
  type HttpClient,
  HttpError,
  type HttpRequest,
} from '../../http/exchange.js';
import { fromTransport } from '../../http/refusal.js';
import type { CredentialSource, Credentials } from './credentials.js';
import type { Environment } from './environment.js';

const CONTAINER_ORIGIN = 'http://169.254.170.2';
const INSTANCE_ORIGIN = 'http://169.254.169.254';
const INSTANCE_ORIGIN_IPV6 = 'http://[fd00:ec2::254]';
const TOKEN_SECONDS = '21600';

/**
 * The credentials endpoint of ECS, EKS Pod Identity and the like:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function containerSource(env: Environment, http: HttpClient): CredentialSource {
  return {
    name: 'the container credentials endpoint',
    async find(call) {
      const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
      const full = relative
        ? `${CONTAINER_ORIGIN}${relative}`
        : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
      if (!full) return undefined;
      const url = addressIn(full);
      refuseStrangers(url);
      const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
      const token = file ? await tokenIn(file, call) : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
      const answer = await asked(http, {
        method: 'GET',
        origin: url.origin,
        path: url.pathname + url.search,
        headers: token ? { authorization: token } : {},
        signal: call.signal,
      });
      return credentialsIn(answer, 'container credentials endpoint');
    },
  };
}

function addressIn(text: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw new InvalidCredentialsError('AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL', {
      driver: 's3',
      cause: error,
    });
  }
}

async function tokenIn(file: string, { signal }: Call): Promise<string> {
  try {
    return (await readFile(file, { encoding: 'utf8', signal })).trim();
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidCredentialsError(
      `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read: ${reason}`,
      { driver: 's3', cause: error },
    );
  }
}

function asked(http: HttpClient, request: HttpRequest): Promise<HttpAnswer> {
  return http.request(request).catch((error: unknown) => {
    throw fromTransport(error, 's3');
  });
}

/** The token must not be sent to a host that a tampered environment names: https, or the link-local and loopback addresses. */
function refuseStrangers({ protocol, hostname }: URL): void {
  const local =
    /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/.test(
      hostname,
    );
  if (protocol !== 'https:' && !local)
    throw new InvalidCredentialsError(
      `AWS_CONTAINER_CREDENTIALS_FULL_URI names ${hostname} over plain HTTP, which is refused`,
      {
        driver: 's3',
      },
    );
}

/** The instance metadata service, version 2 (with its session token): https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
export function instanceSource(env: Environment, http: HttpClient): CredentialSource {
  const isIpv6 = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
  const ownOrigin = isIpv6 ? INSTANCE_ORIGIN_IPV6 : INSTANCE_ORIGIN;
  const origin = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || ownOrigin).replace(/\/$/, '');
  const path = '/latest/meta-data/iam/security-credentials/';
  return {
    name: 'the instance metadata service',
    async find(call) {
      if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
      const token = await sessionToken(http, origin, call);
      if (token === undefined) return undefined;
      const get = (name: string) =>
        asked(http, {
          method: 'GET',
          origin,
          path: path + name,
          headers: { 'x-aws-ec2-metadata-token': token },
          signal: call.signal,
        });
      const roles = await get('');
      if (roles.status === 404) return undefined;
      if (roles.status !== 200)
        throw unusable('instance metadata service', `answered ${roles.status}`);
      const role = roles.body.toString('utf8').split('\n', 1)[0]?.trim();
      if (role && !ROLE.test(role))
        throw unusable(
          'instance metadata service',
          'answered something that is not the name of a role',
        );
      return role ? credentialsIn(await get(role), 'instance metadata service') : undefined;
    },
  };
}

/** A login page, which a captive portal gives at every address, has no such form. */
const TOKEN = /^[\x21-\x3b\x3d\x3f-\x7e]{8,4096}$/;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLE = /^[\w+=,.@-]{1,64}$/;

/** Undefined where there is no such service: a machine outside the cloud is no error. */
async function sessionToken(
  http: HttpClient,
  origin: string,
  { signal }: Call,
): Promise<string | undefined> {
  try {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS };
    const answer = await http.request({
      method: 'PUT',
      origin,
      path: '/latest/api/token',
      headers,
      signal,
    });
    const token = answer.body.toString('utf8').trim();
    return answer.status === 200 && TOKEN.test(token) ? token : undefined;
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

function credentialsIn({ status, body }: HttpAnswer, where: string): Credentials {
  if (status !== 200) throw unusable(where, `answered ${status}`);
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw unusable(where, 'answered something that is not JSON', error);
  }
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: expiration,
  } = answer;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string')
    throw unusable(where, 'gave no keys');
  const expiresAtMs = typeof expiration === 'string' ? parseTime(expiration) : undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && { sessionToken }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

function unusable(where: string, problem: string, cause?: unknown): TargetUnavailableError {
  return new TargetUnavailableError(`the ${where} ${problem}`, {
    driver: 's3',
    retry: 'backoff',
    cause,
  });
}
