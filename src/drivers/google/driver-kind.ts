import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
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
  open: async (settings, world) => (await import('./open.js')).openGoogle(settings, world),
};
