import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidCredentialsError } from '../../errors.js';
import type { CredentialSource, Credentials } from './credentials.js';
import type { Environment } from './environment.js';

// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

export type Profile = Readonly<Record<string, string>>;

/** Sections of the INI dialect of AWS: later keys win, comments only at the start of a line or after white space, nested settings skipped. */
export function parseSharedFile(content: string): ReadonlyMap<string, Profile> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  for (const line of content.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const header = /^\[\s*(?:profile\s+)?(.*?)\s*\]/.exec(line);
    if (header?.[1] !== undefined) {
      section = sections.get(header[1]) ?? {};
      sections.set(header[1], section);
      continue;
    }
    const property = /^([^\s=][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line);
    if (section !== undefined && property?.[1] !== undefined)
      section[property[1].toLowerCase()] = property[2] ?? '';
  }
  return sections;
}

/** The named profile out of both files, the credentials file winning; undefined when neither has it. */
export function readSharedProfile(name: string, env: Environment): Profile | undefined {
  const found = sharedFiles(env).map((file) => readSections(file).get(name));
  return found.some((each) => each !== undefined) ? { ...found[0], ...found[1] } : undefined;
}

/**
 * All profiles of both files by name, the credentials file winning; none of files that are not there. Throws
 * InvalidCredentialsError for a file that cannot be read.
 */
export function readSharedProfiles(env: Environment): ReadonlyMap<string, Profile> {
  const profiles = new Map<string, Profile>();
  for (const file of sharedFiles(env)) {
    for (const [name, section] of readSections(file)) {
      if (!OTHER_SECTIONS.test(name)) profiles.set(name, { ...profiles.get(name), ...section });
    }
  }
  return profiles;
}

/** Sections of the config file that are no profiles. */
const OTHER_SECTIONS = /^(?:sso-session|services)\s/;

/** The config file, then the credentials file, whose settings win. */
function sharedFiles(env: Environment): readonly string[] {
  const home = env['HOME'] ?? env['USERPROFILE'];
  const files = [
    env['AWS_CONFIG_FILE'] ?? (home && join(home, '.aws', 'config')),
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? (home && join(home, '.aws', 'credentials')),
  ];
  return files.flatMap((file) => file || []);
}

function readSections(file: string): ReadonlyMap<string, Profile> {
  try {
    return parseSharedFile(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw new InvalidCredentialsError(
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
      {
        driver: 's3',
        cause: error,
      },
    );
  }
}

/** What a profile may say instead of holding keys, and we do not do: better refused by name than passed over for another account. */
const OTHER_WAYS = [
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
];

/** `~/.aws/credentials` and `~/.aws/config`. `named` (or `AWS_PROFILE`) must exist; the profile `default` need not. */
export function sharedFilesSource(env: Environment, named = env['AWS_PROFILE']): CredentialSource {
  const name = named || 'default';
  return {
    name: `the AWS profile "${name}" of the shared credentials file`,
    async find() {
      const profile = readSharedProfile(name, env);
      const problem = (what: string) =>
        new InvalidCredentialsError(`AWS profile "${name}" ${what}`, { driver: 's3' });
      if (profile === undefined) {
        if (named)
          throw problem(
            'is in neither ~/.aws/credentials nor ~/.aws/config (or the files that AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name)',
          );
        return undefined;
      }
      const credentials = keysOf(profile);
      if (credentials !== undefined) return credentials;
      const other = OTHER_WAYS.find((key) => key in profile);
      if (other !== undefined)
        throw problem(
          `uses ${other}, which is not supported; export its keys (aws configure export-credentials) or give key and secret`,
        );
      if (named) throw problem('has no aws_access_key_id and aws_secret_access_key');
      return undefined;
    },
  };
}

/** The keys that a profile holds itself; undefined: none. */
export function keysOf(profile: Profile): Credentials | undefined {
  const accessKeyId = profile['aws_access_key_id'];
  const secretAccessKey = profile['aws_secret_access_key'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = profile['aws_session_token'];
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
