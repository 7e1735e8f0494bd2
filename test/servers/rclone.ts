import { join } from 'node:path';
import type { Server } from './named-servers.js';

/** The environment in which rclone knows an S3 or Azure server as `remote:`, and no configuration of this machine. */
export function rcloneEnvironment(
  server: Pick<Server, 'settings' | 'origin' | 'driver'>,
  home: string,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    RCLONE_CONFIG: join(home, 'no-such-file'),
    ...(server.driver === 'azure_blobs' ? azureRemote(server) : s3Remote(server)),
  };
}

function s3Remote({ settings, origin }: Pick<Server, 'settings' | 'origin'>): NodeJS.ProcessEnv {
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
function azureRemote({ settings, origin }: Pick<Server, 'settings' | 'origin'>): NodeJS.ProcessEnv {
  return {
    RCLONE_CONFIG_REMOTE_TYPE: 'azureblob',
    RCLONE_CONFIG_REMOTE_USE_EMULATOR: 'true',
    RCLONE_CONFIG_REMOTE_ACCOUNT: String(settings['key']),
    RCLONE_CONFIG_REMOTE_KEY: String(settings['secret']),
    RCLONE_CONFIG_REMOTE_ENDPOINT: `${origin}/${settings['key']}`,
  };
}
