import type { Backend } from '../backend.js';
import type { DriverWorld } from '../driver-kind.js';
import { openConnections } from '../http/connection.js';
import { createMetadataClient } from '../http/metadata-client.js';
import { findCredentials } from './auth/find.js';
import { googleBackend } from './backend.js';
import { emulatorOf, originOf } from './endpoint.js';
import { GOOGLE } from './errors.js';
import type { GoogleSettings } from './settings.js';

/** @throws StorageError when the settings cannot work together */
export function openGoogle(
  settings: GoogleSettings,
  { clock, notice = () => {} }: DriverWorld,
): Backend {
  const http = openConnections(settings, GOOGLE);
  const local = createMetadataClient(10_000);
  const env = settings.environment();
  const credentials = isAnonymous(settings)
    ? undefined
    : findCredentials(
        { http, local, clock, env },
        {
          file: settings.credentials_file,
          email: settings.key,
          metadataOnly: settings.auth === 'metadata',
          impersonate: settings.impersonate,
        },
      );
  const origin = originOf(settings);
  const backend = googleBackend({ settings, origin, credentials, http, clock, notice });
  return {
    ...backend,
    close: async () => void (await Promise.all([http.close(), local.close()])),
  };
}

/** An emulator wants no token, as Google's own clients have it, unless credentials are named. */
function isAnonymous(settings: GoogleSettings): boolean {
  if (settings.auth === 'anonymous') return true;
  const { auth, credentials_file: file } = settings;
  return auth === 'auto' && file === undefined && emulatorOf(settings) !== undefined;
}
