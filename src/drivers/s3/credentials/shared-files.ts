import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidCredentialsError } from '../../errors.js';
import type { Credentials } from './credentials.js';
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
function sharedFiles(env: Environment): readonly [string | undefined, string | undefined] {
  const home = homeFolder(env);
  return [
    (env['AWS_CONFIG_FILE'] ?? (home && join(home, '.aws', 'config'))) || undefined,
    (env['AWS_SHARED_CREDENTIALS_FILE'] ?? (home && join(home, '.aws', 'credentials'))) ||
      undefined,
  ];
}

/** Where the AWS tools keep their files for the user; undefined: not known. */
export function homeFolder(env: Environment): string | undefined {
  return env['HOME'] ?? env['USERPROFILE'];
}

function readSections(file: string | undefined): ReadonlyMap<string, Profile> {
  if (file === undefined) return new Map();
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

/**
 * The settings of `[sso-session NAME]`, which only the config file can hold; undefined when it has none:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 */
export function readSsoSession(name: string, env: Environment): Profile | undefined {
  const [config] = sharedFiles(env);
  return readSections(config).get(`sso-session ${name}`);
}

/** The keys that a profile holds itself; undefined: none. */
export function keysOf(profile: Profile): Credentials | undefined {
  const accessKeyId = profile['aws_access_key_id'];
  const secretAccessKey = profile['aws_secret_access_key'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = profile['aws_session_token'];
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
