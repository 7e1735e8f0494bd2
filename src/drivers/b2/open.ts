import { Secret } from '../../config/secret.js';
import type { Backend } from '../backend.js';
import type { DriverWorld } from '../driver-kind.js';
import { StorageError } from '../errors.js';
import { openConnections } from '../http/connection.js';
import { b2Backend } from './backend.js';
import type { B2Keys } from './client.js';
import { B2 } from './errors.js';
import type { B2Settings } from './settings.js';

/** @throws StorageError when the settings cannot work together */
export function openB2(settings: B2Settings, { clock, notice = () => {} }: DriverWorld): Backend {
  const { host, port, secure } = settings;
  if (host.startsWith('s3.'))
    throw wrong('host is that of the S3 API: leave it out, or use driver "s3" with profile "b2"');
  const keys = keysOf(settings);
  const http = openConnections(settings, B2);
  const origin = `${secure ? 'https' : 'http'}://${host}${port === undefined ? '' : `:${port}`}`;
  return b2Backend({ settings, keys, origin, http, clock, notice });
}

/** Those of the settings, or of the variables that Backblaze's own tools read. */
function keysOf({ key, secret, environment }: B2Settings): B2Keys {
  if (key !== undefined && secret !== undefined)
    return { id: () => key.reveal(), secret: () => secret.reveal() };
  if (key !== undefined || secret !== undefined)
    throw wrong('key and secret belong together: one of them is missing');
  const env = environment();
  if (!env['B2_APPLICATION_KEY_ID'] || !env['B2_APPLICATION_KEY'])
    throw wrong(
      'key and secret are missing, and so are B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY in the environment',
    );
  const place = { folder: '/', env };
  const id = new Secret({ env: 'B2_APPLICATION_KEY_ID' }, place);
  const applicationKey = new Secret({ env: 'B2_APPLICATION_KEY' }, place);
  return { id: () => id.reveal(), secret: () => applicationKey.reveal() };
}

function wrong(problem: string): StorageError {
  return new StorageError(problem, { driver: B2 });
}
