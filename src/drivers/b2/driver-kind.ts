import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { B2 } from './errors.js';
import { keyProblem, newContainerProblem } from './names.js';
import { type B2Settings, b2Settings } from './settings.js';

export const b2Driver: DriverKind<B2Settings> = {
  name: B2,
  aliases: ['b2'],
  summary: 'Backblaze B2 by its native API: keys restricted to names, versions, SHA-1',
  settings: b2Settings,
  /** Buckets are of all customers, so their names say whose they are. */
  where: ({ host, port }) => (port === undefined ? host : `${host}:${port}`),
  placeProblem: placeProblemBy({ newContainerProblem, keyProblem }, () => false),
  objectHeaders: () => HEADER_FIELDS,
  open: async (settings, world) => (await import('./open.js')).openB2(settings, world),
};
