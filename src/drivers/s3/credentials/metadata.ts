import { readFile } from 'node:fs/promises';
import { parseTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../errors.js';
import { type HttpAnswer, type HttpClient, HttpError } from '../../http/exchange.js';
import type { CredentialSource, Credentials } from './credentials.js';
import type { Environment } from './environment.js';

const CONTAINER_ORIGIN = 'http://169.254.170.2';
const INSTANCE_ORIGIN = 'http://169.254.169.254';
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
      const full = relative ? `${CONTAINER_ORIGIN}${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
      if (!full) return undefined;
      const url = new URL(full);
      refuseStrangers(url);
      const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
      const token = file
        ? (await readFile(file, { encoding: 'utf8', signal: call.signal })).trim()
        : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
      const answer = await http.request({
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

/** The token must not be sent to a host that a tampered environment names: https, or the link-local and loopback addresses. */
function refuseStrangers({ protocol, hostname }: URL): void {
  const local = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/.test(hostname);
  if (protocol !== 'https:' && !local)
    throw new InvalidCredentialsError(`AWS_CONTAINER_CREDENTIALS_FULL_URI names ${hostname} over plain HTTP, which is refused`, {
      driver: 's3',
    });
}

/** The instance metadata service, version 2 (with its session token): https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
export function instanceSource(env: Environment, http: HttpClient): CredentialSource {
  const origin = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || INSTANCE_ORIGIN).replace(/\/$/, '');
  const path = '/latest/meta-data/iam/security-credentials/';
  return {
    name: 'the instance metadata service',
    async find(call) {
      if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
      const token = await sessionToken(http, origin, call);
      if (token === undefined) return undefined;
      const get = (name: string) =>
        http.request({ method: 'GET', origin, path: path + name, headers: { 'x-aws-ec2-metadata-token': token }, signal: call.signal });
      const roles = await get('');
      if (roles.status === 404) return undefined;
      const role = roles.body.toString('utf8').split('\n', 1)[0]?.trim();
      return role ? credentialsIn(await get(role), 'instance metadata service') : undefined;
    },
  };
}

/** Undefined where there is no such service: a machine outside the cloud is no error. */
async function sessionToken(http: HttpClient, origin: string, { signal }: Call): Promise<string | undefined> {
  try {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS };
    const answer = await http.request({ method: 'PUT', origin, path: '/latest/api/token', headers, signal });
    return answer.status === 200 ? answer.body.toString('utf8') : undefined;
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

function credentialsIn({ status, body }: HttpAnswer, where: string): Credentials {
  const problem = (what: string, cause?: unknown) =>
    new TargetUnavailableError(`the ${where} ${what}`, { driver: 's3', retry: 'backoff', cause });
  if (status !== 200) throw problem(`answered ${status}`);
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw problem('answered something that is not JSON', error);
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: expiration } = answer;
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') throw problem('gave no keys');
  const expiresAtMs = typeof expiration === 'string' ? parseTime(expiration) : undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && { sessionToken }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}
