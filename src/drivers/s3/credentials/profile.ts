import { escapeUnprintable, forShell } from '../../../printable.js';
import type { Call } from '../../call.js';
import type { CredentialSource, Credentials } from './credentials.js';
import { environmentSource } from './environment.js';
import { containerSource, instanceSource } from './metadata.js';
import { unusableCredentials } from './problems.js';
import { processCredentials } from './process.js';
import type { AwsServices } from './services.js';
import {
  homeFolder,
  keysOf,
  type Profile,
  readSharedProfile,
  readSsoSession,
} from './shared-files.js';
import { type SsoRole, ssoCredentials } from './sso.js';
import { assumeRole, type Role } from './sts.js';
import { webIdentityCredentials } from './web-identity.js';

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html and the pages beside it

/**
 * A profile of `~/.aws/credentials` and `~/.aws/config`: its role, its keys, its single sign-on, or its program. `named` (or
 * `AWS_PROFILE`) must exist; the profile `default` need not. The files are read each time that credentials are needed.
 */
export function profileSource(
  services: AwsServices,
  named = services.env['AWS_PROFILE'],
): CredentialSource {
  const name = named || 'default';
  return {
    name: `the AWS profile "${name}" of the shared files`,
    async find(call) {
      const profile = readSharedProfile(name, services.env);
      if (profile === undefined && !named) return undefined;
      const found = await new ProfileReader(services, call).credentialsOf(name, profile, []);
      if (found === undefined && named)
        throw problem(name, 'has no keys (aws_access_key_id, aws_secret_access_key), and no role');
      return found;
    },
  };
}

function problem(name: string, what: string): Error {
  return unusableCredentials(`AWS profile "${escapeUnprintable(name)}" ${what}`);
}

/** One look for the credentials of a profile, and of those that it takes its own from. */
class ProfileReader {
  readonly #services: AwsServices;
  readonly #call: Call;

  constructor(services: AwsServices, call: Call) {
    this.#services = services;
    this.#call = call;
  }

  /** Undefined when the profile says nothing of credentials. `via`: the profiles whose roles are taken on with these. */
  async credentialsOf(
    name: string,
    profile: Profile | undefined,
    via: readonly string[],
  ): Promise<Credentials | undefined> {
    if (profile === undefined)
      throw problem(
        name,
        'is in neither ~/.aws/credentials nor ~/.aws/config (or the files that AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name)',
      );
    const { role_arn: arn, source_profile: from, credential_source: place } = profile;
    // A profile that names itself as the source takes on its role with its own keys.
    const isOwnSource = via.at(-1) === name;
    if (arn && (from || place) && !isOwnSource) return this.#byRole(name, profile, via);
    const keys = keysOf(profile);
    if (keys !== undefined) return keys;
    if (profile['web_identity_token_file']) return this.#byWebIdentity(name, profile);
    if (profile['sso_session'] || profile['sso_start_url']) return this.#bySso(name, profile);
    if (profile['credential_process'])
      return processCredentials(profile['credential_process'], this.#services, this.#call);
    if (arn && !isOwnSource)
      throw problem(
        name,
        'has a role_arn, and none of source_profile, credential_source and web_identity_token_file to take it on with',
      );
    return undefined;
  }

  async #byRole(name: string, profile: Profile, via: readonly string[]): Promise<Credentials> {
    if (via.includes(name))
      throw problem(
        name,
        `is its own source: ${[...via, name].map(escapeUnprintable).join(' -> ')}`,
      );
    if (profile['mfa_serial'])
      throw problem(name, 'asks for an MFA code (mfa_serial), for which a daemon has no terminal');
    const from = profile['source_profile'];
    const by = from
      ? await this.credentialsOf(from, readSharedProfile(from, this.#services.env), [...via, name])
      : await this.#fromPlace(name, profile['credential_source'] ?? '');
    if (by === undefined) throw problem(name, `takes its keys from ${from}, which has none`);
    return assumeRole(roleOf(name, profile), by, this.#services, this.#call);
  }

  async #fromPlace(name: string, place: string): Promise<Credentials> {
    const { env, metadata } = this.#services;
    const sources = new Map<string, CredentialSource>([
      ['Environment', environmentSource(env)],
      ['Ec2InstanceMetadata', instanceSource(env, metadata)],
      ['EcsContainer', containerSource(env, metadata)],
    ]);
    const source = sources.get(place);
    if (source === undefined)
      throw problem(
        name,
        `has a credential_source that is none of ${[...sources.keys()].join(', ')}`,
      );
    const found = await source.find(this.#call);
    if (found === undefined) throw problem(name, `takes its keys from ${source.name}: it has none`);
    return found;
  }

  #byWebIdentity(name: string, profile: Profile): Promise<Credentials> {
    const file = profile['web_identity_token_file'] ?? '';
    return webIdentityCredentials(roleOf(name, profile), file, this.#services, this.#call);
  }

  async #bySso(name: string, profile: Profile): Promise<Credentials> {
    const home = homeFolder(this.#services.env);
    if (home === undefined)
      throw problem(name, 'uses single sign-on, and HOME, where its login is kept, is not set');
    const sso = ssoRoleOf(name, profile, this.#services);
    return ssoCredentials(sso, home, this.#services, this.#call);
  }
}

function roleOf(name: string, profile: Profile): Role {
  const { role_arn: arn, duration_seconds: duration } = profile;
  if (!arn) throw problem(name, 'has a web_identity_token_file, and no role_arn');
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  const isDuration = /^\d{1,5}$/.test(duration ?? '900') && Number(duration ?? 900) >= 900;
  if (!isDuration || Number(duration ?? 900) > 43_200)
    throw problem(name, 'has a duration_seconds that is no number from 900 to 43200');
  return {
    arn,
    sessionName: profile['role_session_name'],
    externalId: profile['external_id'],
    duration,
  };
}

function ssoRoleOf(name: string, profile: Profile, { env }: AwsServices): SsoRole {
  const { sso_session: session } = profile;
  const settings = session ? readSsoSession(session, env) : profile;
  if (settings === undefined)
    throw problem(name, `names the sso_session "${session}", which ~/.aws/config does not have`);
  const needed = (from: Profile, key: string) => {
    const value = from[key];
    if (value) return value;
    throw problem(name, `uses single sign-on, and lacks ${key}`);
  };
  return {
    loginName: session || needed(settings, 'sso_start_url'),
    region: needed(settings, 'sso_region'),
    account: needed(profile, 'sso_account_id'),
    role: needed(profile, 'sso_role_name'),
    login: `aws sso login --profile ${forShell(name)}`,
  };
}
