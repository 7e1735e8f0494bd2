import { Secret } from '../../config/secret.js';
import { StorageError } from '../errors.js';
import type { Access, Named } from './auth/access.js';
import type { EndpointChoice } from './auth/catalogue.js';
import { SWIFT } from './errors.js';
import { type SwiftSettings, urlText } from './settings.js';

type Version = '1' | '2' | '3';

/** How to get a token. Settings without a user are completed from the environment. Throws when they contradict each other. */
export function chooseAccess(written: SwiftSettings): Access {
  const settings = namesNoUser(written)
    ? { ...written, ...fromEnvironment(written.environment()) }
    : written;
  const { token, storage_url: storageUrl, key, secret } = settings;
  if (token !== undefined) {
    if (storageUrl === undefined) throw wrong('token needs storage_url');
    return { kind: 'token', token: () => token.reveal(), storageUrl };
  }
  if (key === undefined || secret === undefined)
    throw wrong(
      'key and secret are missing, and so are OS_USERNAME and OS_PASSWORD (or ST_USER and ST_KEY) in the environment',
    );
  const version = versionOf(settings);
  const url = authUrl(settings, version);
  const reveal = () => secret.reveal();
  if (settings.project !== undefined && settings.project_id !== undefined)
    throw wrong('project and project_id exclude each other: keep one');
  if (settings.auth_type === 'application_credential' && version !== '3')
    throw wrong('an application credential needs auth_version 3');
  if (settings.auth_type === 'apikey' && version !== '2')
    throw wrong('auth_type apikey needs auth_version 2');
  if (version === '1') return { kind: 'v1', url, user: key, secret: reveal };
  const endpoint = endpointChoice(settings);
  if (version === '2')
    return {
      kind: 'v2',
      url,
      user: key,
      secret: reveal,
      isApiKey: settings.auth_type === 'apikey',
      project: tenant(settings),
      endpoint,
    };
  if (settings.auth_type === 'application_credential') {
    if (tenant(settings) !== undefined)
      throw wrong(
        'an application credential belongs to a project: take project and project_id out',
      );
    return {
      kind: 'v3',
      url,
      identity: { method: 'application_credential', id: key, secret: reveal },
      project: undefined,
      endpoint,
    };
  }
  const identity = {
    method: 'password',
    user: key,
    domain: userDomain(settings),
    secret: reveal,
  } as const;
  return { kind: 'v3', url, identity, project: project(settings), endpoint };
}

function namesNoUser({ key, token, auth_url: url, host }: SwiftSettings): boolean {
  return key === undefined && token === undefined && url === undefined && host === undefined;
}

/** The variables of OpenStack's openrc files, and the older ones of the `swift` command. */
function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Partial<SwiftSettings> {
  const first = (...names: readonly string[]) => names.find((name) => (env[name] ?? '') !== '');
  const found: Record<string, unknown> = {};
  const take = (setting: string, ...names: readonly string[]) => {
    const name = first(...names);
    if (name !== undefined) found[setting] = env[name];
  };
  const takeUrl = (setting: string, ...names: readonly string[]) => {
    take(setting, ...names);
    const written = found[setting];
    if (typeof written === 'string' && !urlText.pattern.test(written))
      throw wrong(`${first(...names)}: expected ${urlText.rule}`);
  };
  const takeSecret = (setting: string, ...names: readonly string[]) => {
    const name = first(...names);
    if (name !== undefined) found[setting] = new Secret({ env: name }, { folder: '/', env });
  };
  takeUrl('auth_url', 'OS_AUTH_URL', 'ST_AUTH');
  take('region', 'OS_REGION_NAME');
  Object.assign(found, interfaceOf(env['OS_INTERFACE'] || env['OS_ENDPOINT_TYPE']));
  takeUrl('storage_url', 'OS_STORAGE_URL');
  if (first('OS_APPLICATION_CREDENTIAL_ID') !== undefined) {
    take('key', 'OS_APPLICATION_CREDENTIAL_ID');
    takeSecret('secret', 'OS_APPLICATION_CREDENTIAL_SECRET');
    return { ...found, auth_type: 'application_credential' };
  }
  take('key', 'OS_USERNAME', 'ST_USER');
  takeSecret('secret', 'OS_PASSWORD', 'ST_KEY');
  take('project_id', 'OS_PROJECT_ID', 'OS_TENANT_ID');
  if (found['project_id'] === undefined) take('project', 'OS_PROJECT_NAME', 'OS_TENANT_NAME');
  take('project_domain', 'OS_PROJECT_DOMAIN_NAME');
  take('project_domain_id', 'OS_PROJECT_DOMAIN_ID');
  take('user_domain', 'OS_USER_DOMAIN_NAME');
  take('user_domain_id', 'OS_USER_DOMAIN_ID');
  if (found['storage_url'] !== undefined) takeSecret('token', 'OS_AUTH_TOKEN');
  return found;
}

/** Swift's TempAuth, and Ceph's, which also answers at `/auth/1.0` and `/auth`. */
const TEMPAUTH = /\/auth\/?$|\/auth\/1(?:\.\d)?\/?$|\/v1(?:\.\d)?\/?$/;

function versionOf({ auth_version: version, auth_url: url }: SwiftSettings): Version {
  if (version !== 'auto') return version;
  if (TEMPAUTH.test(url ?? '')) return '1';
  return /\/v2(?:\.\d)?\/?$/.test(url ?? '') ? '2' : '3';
}

const PATHS: Readonly<Record<Version, string>> = { 1: '/auth/v1.0', 2: '/v2.0', 3: '/v3' };

function authUrl({ auth_url: url, host, port, secure }: SwiftSettings, version: Version): string {
  // A Keystone is often named by its root alone.
  if (url !== undefined)
    return /\/v\d(?:\.\d)?\/?$/.test(url) || version === '1'
      ? url.replace(/\/+$/, '')
      : url.replace(/\/*$/, PATHS[version]);
  if (host === undefined) throw wrong('auth_url is missing');
  const chosen = port ?? (version === '1' ? undefined : 5000);
  return `${secure ? 'https' : 'http'}://${host}${chosen === undefined ? '' : `:${chosen}`}${PATHS[version]}`;
}

function endpointChoice(settings: SwiftSettings): EndpointChoice {
  return {
    serviceType: settings.service_type,
    serviceName: settings.service_name,
    region: settings.region,
    interface: settings.interface,
  };
}

function tenant({ project: name, project_id: id }: SwiftSettings): Named | undefined {
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name };
}

function project(settings: SwiftSettings) {
  const named = tenant(settings);
  if (named === undefined || 'id' in named) return named;
  const { project_domain: domain, project_domain_id: domainId } = settings;
  if (domainId !== undefined) return { name: named.name, domain: { id: domainId } };
  return {
    name: named.name,
    domain: domain === undefined ? userDomain(settings) : { name: domain },
  };
}

function userDomain({ user_domain: name, user_domain_id: id }: SwiftSettings): Named {
  return id === undefined ? { name } : { id };
}

/** As openrc files say it: `public`, or `publicURL`. */
function interfaceOf(written: string | undefined): Partial<SwiftSettings> {
  if (!written) return {};
  const word = /^(public|internal|admin)(?:URL)?$/.exec(written)?.[1] as
    | SwiftSettings['interface']
    | undefined;
  if (word === undefined)
    throw wrong(
      `OS_INTERFACE (or OS_ENDPOINT_TYPE): expected public, internal or admin, got "${written}"`,
    );
  return { interface: word };
}

function wrong(problem: string): StorageError {
  return new StorageError(problem, { driver: SWIFT });
}
