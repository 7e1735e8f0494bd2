import { type Environment, type FoundAccount, first, secretsOf } from './init-account.js';

/** What a setting of Swift is called in an openrc file, and by the older `swift` command. */
const SWIFT_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  auth_url: ['OS_AUTH_URL', 'ST_AUTH'],
  region: ['OS_REGION_NAME'],
  key: ['OS_USERNAME', 'ST_USER'],
  project_id: ['OS_PROJECT_ID', 'OS_TENANT_ID'],
  project: ['OS_PROJECT_NAME', 'OS_TENANT_NAME'],
  project_domain: ['OS_PROJECT_DOMAIN_NAME'],
  project_domain_id: ['OS_PROJECT_DOMAIN_ID'],
  user_domain: ['OS_USER_DOMAIN_NAME'],
  user_domain_id: ['OS_USER_DOMAIN_ID'],
};
const APPLICATION_CREDENTIAL: Readonly<Record<string, readonly string[]>> = {
  auth_url: ['OS_AUTH_URL'],
  region: ['OS_REGION_NAME'],
  key: ['OS_APPLICATION_CREDENTIAL_ID'],
};

/** The account of an openrc file, or of the older `swift` command. */
export function swiftVariables(env: Environment): readonly FoundAccount[] {
  const isApplication = first(env, 'OS_APPLICATION_CREDENTIAL_ID') !== undefined;
  const settings: Record<string, string> = isApplication
    ? { auth_type: 'application_credential' }
    : {};
  for (const [setting, names] of Object.entries(
    isApplication ? APPLICATION_CREDENTIAL : SWIFT_VARIABLES,
  )) {
    const value = env[first(env, ...names) ?? ''];
    if (value !== undefined) settings[setting] = value;
  }
  // An openrc file names the project twice, and the driver takes one of the two.
  if ('project_id' in settings) {
    for (const each of ['project', 'project_domain', 'project_domain_id']) delete settings[each];
  }
  const secrets = secretsOf(env, {
    secret: isApplication ? ['OS_APPLICATION_CREDENTIAL_SECRET'] : ['OS_PASSWORD', 'ST_KEY'],
  });
  const { auth_url: endpoint, key } = settings;
  if (endpoint === undefined || key === undefined || secrets['secret'] === undefined) return [];
  const from = first(env, 'OS_AUTH_URL') === undefined ? 'ST_AUTH' : 'OS_AUTH_URL';
  const label = `Swift at ${endpoint}, as ${key} (${from})`;
  return [
    { id: 'swift', label, driver: 'swift', endpoint, settings, secrets, reference: undefined },
  ];
}
