import { join } from 'node:path';
import type { Server } from './named-servers.js';

/** The environment in which rclone knows an S3 server as `remote:`, and no configuration of this machine. */
export function rcloneEnvironment(
  { settings, origin }: Pick<Server, 'settings' | 'origin'>,
  home: string,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    RCLONE_CONFIG: join(home, 'no-such-file'),
    RCLONE_CONFIG_REMOTE_TYPE: 's3',
    RCLONE_CONFIG_REMOTE_PROVIDER: 'Other',
    RCLONE_CONFIG_REMOTE_ACCESS_KEY_ID: String(settings['key']),
    RCLONE_CONFIG_REMOTE_SECRET_ACCESS_KEY: String(settings['secret']),
    RCLONE_CONFIG_REMOTE_ENDPOINT: origin,
    RCLONE_CONFIG_REMOTE_REGION: String(settings['region']),
  };
}
