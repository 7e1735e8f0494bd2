import { join } from 'node:path';
import type { DriverName } from '../faults/dialect.js';
import type { Server } from './named-servers.js';

type Known = Pick<Server, 'settings' | 'origin' | 'sasUrl'>;

const REMOTES: Readonly<Record<DriverName, (server: Known) => NodeJS.ProcessEnv>> = {
  s3: s3Remote,
  swift: swiftRemote,
  azure_blobs: azureRemote,
  google_storage: googleRemote,
  backblaze_b2: b2Remote,
};

/** The environment in which rclone knows a server as `remote:`, and no configuration of this machine. */
export function rcloneEnvironment(
  server: Known & Pick<Server, 'driver'>,
  home: string,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    RCLONE_CONFIG: join(home, 'no-such-file'),
    ...REMOTES[server.driver](server),
  };
}

function s3Remote({ settings, origin }: Known): NodeJS.ProcessEnv {
  return {
    RCLONE_CONFIG_REMOTE_TYPE: 's3',
    RCLONE_CONFIG_REMOTE_PROVIDER: 'Other',
    RCLONE_CONFIG_REMOTE_ACCESS_KEY_ID: String(settings['key']),
    RCLONE_CONFIG_REMOTE_SECRET_ACCESS_KEY: String(settings['secret']),
    RCLONE_CONFIG_REMOTE_ENDPOINT: origin,
    RCLONE_CONFIG_REMOTE_REGION: String(settings['region']),
  };
}

/** As an emulator: a host that names no account. */
function azureRemote({ settings, origin, sasUrl }: Known): NodeJS.ProcessEnv {
  const type = { RCLONE_CONFIG_REMOTE_TYPE: 'azureblob' };
  if (sasUrl !== undefined) return { ...type, RCLONE_CONFIG_REMOTE_SAS_URL: sasUrl };
  return {
    RCLONE_CONFIG_REMOTE_TYPE: 'azureblob',
    RCLONE_CONFIG_REMOTE_USE_EMULATOR: 'true',
    RCLONE_CONFIG_REMOTE_ACCOUNT: String(settings['key']),
    RCLONE_CONFIG_REMOTE_KEY: String(settings['secret']),
    RCLONE_CONFIG_REMOTE_ENDPOINT: `${origin}/${settings['key']}`,
  };
}

function swiftRemote({ settings }: Known): NodeJS.ProcessEnv {
  return {
    RCLONE_CONFIG_REMOTE_TYPE: 'swift',
    RCLONE_CONFIG_REMOTE_USER: String(settings['key']),
    RCLONE_CONFIG_REMOTE_KEY: String(settings['secret']),
    RCLONE_CONFIG_REMOTE_AUTH: String(settings['auth_url']),
  };
}

function googleRemote({ origin }: Known): NodeJS.ProcessEnv {
  return {
    RCLONE_CONFIG_REMOTE_TYPE: 'google cloud storage',
    RCLONE_CONFIG_REMOTE_ANONYMOUS: 'true',
    RCLONE_CONFIG_REMOTE_BUCKET_POLICY_ONLY: 'true',
    RCLONE_CONFIG_REMOTE_ENDPOINT: `${origin}/storage/v1/`,
  };
}

function b2Remote({ settings, origin }: Known): NodeJS.ProcessEnv {
  return {
    RCLONE_CONFIG_REMOTE_TYPE: 'b2',
    RCLONE_CONFIG_REMOTE_ACCOUNT: String(settings['key']),
    RCLONE_CONFIG_REMOTE_KEY: String(settings['secret']),
    RCLONE_CONFIG_REMOTE_ENDPOINT: origin,
  };
}
