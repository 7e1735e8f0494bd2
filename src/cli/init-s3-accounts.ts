import { keysOf, type Profile } from '../drivers/s3/credentials/shared-files.js';
import {
  type Environment,
  type FoundAccount,
  first,
  hasKeys,
  part,
  secretsOf,
  urlOf,
} from './init-account.js';

const MINIO_ENDPOINT = 'http://127.0.0.1:9000';

/** https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html */
export function awsVariables(env: Environment): readonly FoundAccount[] {
  const secrets = secretsOf(env, {
    key: ['AWS_ACCESS_KEY_ID'],
    secret: ['AWS_SECRET_ACCESS_KEY'],
    token: ['AWS_SESSION_TOKEN'],
  });
  if (!hasKeys(secrets)) return [];
  const endpoint = awsEndpoint(env);
  const where = endpoint === undefined ? 'AWS S3' : `S3 at ${endpoint}`;
  return [
    {
      id: 'aws',
      label: `${where}, with the keys of AWS_ACCESS_KEY_ID`,
      driver: 's3',
      endpoint,
      settings: { ...awsAlone(endpoint), ...regionOf(env) },
      secrets,
      reference: undefined,
    },
  ];
}

/** What gives access with a profile, beside keys; a daemon cannot ask for the code of `mfa_serial`. */
function accessOf(profile: Profile): string | undefined {
  if (profile['mfa_serial']) return undefined;
  if (profile['role_arn'])
    return ['source_profile', 'credential_source', 'web_identity_token_file'].some(
      (each) => profile[each],
    )
      ? `the role ${profile['role_arn'].replace(/^.*\//, '')}`
      : undefined;
  if (profile['sso_session'] ?? profile['sso_start_url']) return 'single sign-on';
  return profile['credential_process'] ? 'its credential_process' : undefined;
}

/** The profile, where it holds keys, or names a role, a login or a program that gives some. */
export function awsProfile(
  name: string,
  profile: Profile,
  env: Environment,
): readonly FoundAccount[] {
  const endpoint = urlOf(profile['endpoint_url']) ?? awsEndpoint(env);
  const where = endpoint === undefined ? 'AWS S3' : `S3 at ${endpoint}`;
  const region = profile['region'];
  const account = {
    id: `aws:${name}`,
    label: `${where}, with the AWS profile ${name}`,
    driver: 's3' as const,
    endpoint,
    settings: { ...awsAlone(endpoint), ...(region ? { region } : regionOf(env)) },
    reference: { aws_profile: name },
  };
  const keys = keysOf(profile);
  if (keys !== undefined) {
    const { accessKeyId, secretAccessKey, sessionToken } = keys;
    const secrets = { key: part(accessKeyId), secret: part(secretAccessKey) };
    const token = sessionToken === undefined ? {} : { token: part(sessionToken) };
    return [{ ...account, secrets: { ...secrets, ...token } }];
  }
  const access = accessOf(profile);
  if (access === undefined) return [];
  const label = `${account.label} (${access})`;
  return [{ ...account, label, secrets: {}, isPersonal: true }];
}

/** https://docs.min.io/ (the server's variables), and those that programs on top of it use. */
export function minioVariables(env: Environment): readonly FoundAccount[] {
  const secrets = secretsOf(env, {
    key: ['MINIO_ROOT_USER', 'MINIO_ACCESS_KEY'],
    secret: ['MINIO_ROOT_PASSWORD', 'MINIO_SECRET_KEY'],
  });
  if (!hasKeys(secrets)) return [];
  const named = first(env, 'MINIO_ENDPOINT', 'MINIO_SERVER_URL', 'MINIO_URL', 'MINIO_ADDRESS');
  const endpoint = urlOf(named && env[named]) ?? MINIO_ENDPOINT;
  const label = `S3 at ${endpoint}, with the keys of MinIO (${secrets['key']?.variable})`;
  return [
    { id: 'minio', label, driver: 's3', endpoint, settings: {}, secrets, reference: undefined },
  ];
}

/** `MC_HOST_NAME=https://KEY:SECRET[:TOKEN]@HOST[:PORT]`, as MinIO's client `mc` takes it. */
export function clientHosts(env: Environment): readonly FoundAccount[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    const name = /^MC_HOST_(\w+)$/.exec(variable)?.[1];
    const match = /^(https?):\/\/([^:@/]+):(.+)@([^@/]+)\/?$/.exec(value ?? '');
    if (name === undefined || match === null) return [];
    const [, scheme = '', key = '', rest = '', host = ''] = match;
    const endpoint = urlOf(`${scheme}://${host}`);
    if (endpoint === undefined) return [];
    const [secret = '', token] = rest.split(':', 2);
    return [
      {
        id: `mc:${name}`,
        label: `S3 at ${endpoint}, with the keys of ${variable}`,
        driver: 's3' as const,
        endpoint,
        settings: {},
        secrets: {
          key: part(decoded(key)),
          secret: part(decoded(secret)),
          ...(token !== undefined && { token: part(decoded(token)) }),
        },
        reference: undefined,
      },
    ];
  });
}

/** An endpoint of all services of AWS is no place for S3 where one of S3 alone is named. */
function awsEndpoint(env: Environment): string | undefined {
  const name = first(env, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  return name === undefined ? undefined : urlOf(env[name]);
}

function awsAlone(endpoint: string | undefined): Readonly<Record<string, string>> {
  return endpoint === undefined ? { profile: 'aws' } : {};
}

function regionOf(env: Environment): Readonly<Record<string, string>> {
  const name = first(env, 'AWS_REGION', 'AWS_DEFAULT_REGION');
  return name === undefined ? {} : { region: env[name] ?? '' };
}

/** Percent-encoded, as in any URL; a text that is not stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
