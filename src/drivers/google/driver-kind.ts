import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { openConnections } from '../http/connection.js';
import { createHttpClient } from '../http/http-client.js';
import { findCredentials } from './auth/find.js';
import { googleBackend } from './backend.js';
import { emulatorOf, originOf } from './endpoint.js';
import { GOOGLE } from './errors.js';
import { isContainerName, keyProblem, newContainerProblem } from './names.js';
import { type GoogleSettings, googleSettings } from './settings.js';

export const googleDriver: DriverKind<GoogleSettings> = {
  name: GOOGLE,
  aliases: ['gcs', 'google_cloud_storage'],
  summary: 'Google Cloud Storage, with service accounts, workload identity and user accounts',
  settings: googleSettings,
  objectHeaders: () => [...HEADER_FIELDS.filter((field) => field !== 'expires'), 'storage_class'],
  placeProblem: placeProblemBy({ newContainerProblem, keyProblem }, isContainerName),
  // The names of buckets are those of all the world.
  where: ({ host = 'storage.googleapis.com', port }) =>
    `${host}${port === undefined ? '' : `:${port}`}`,
  open(settings, { clock, notice = () => {} }) {
    const http = openConnections(settings, GOOGLE);
    const local = createHttpClient({
      connections: 1,
      connectTimeoutMs: 1000,
      timeoutMs: 10_000,
      maxAnswerBytes: 65_536,
    });
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
  },
};

/** An emulator wants no token, as Google's own clients have it, unless credentials are named. */
function isAnonymous(settings: GoogleSettings): boolean {
  if (settings.auth === 'anonymous') return true;
  const { auth, credentials_file: file } = settings;
  return auth === 'auto' && file === undefined && emulatorOf(settings) !== undefined;
}
