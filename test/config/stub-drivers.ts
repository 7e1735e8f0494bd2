import {
  type ConfigContext,
  flag,
  folder,
  type Infer,
  secret,
  section,
  text,
} from '../../src/config/fields.js';
import type { DriverSettings, KnownDrivers } from '../../src/config/interpret.js';

const localSettings = (place: ConfigContext) =>
  section(
    'A folder.',
    { root: folder('Where.', place), fsync: flag('Durable.').default(true) },
    { otherNames: { key: 'root' } },
  );

const local: DriverSettings = {
  name: 'local',
  aliases: [],
  summary: 'a folder as object storage',
  settings: localSettings,
  folders: (settings) => [(settings as Infer<typeof localSettings>).root],
};

const remote: DriverSettings = {
  name: 's3',
  aliases: ['minio'],
  summary: 'S3',
  hasInventories: true,
  objectHeaders: () => ['content_type', 'cache_control', 'storage_class'],
  settings: (place) =>
    section('S3.', {
      key: secret('Key.', place),
      region: text('Region.').optional(),
    }),
};

/** Two kinds of drivers as the configuration sees them: one that keeps objects in local folders, one that has secrets. */
export const stubDrivers: KnownDrivers = {
  all: [local, remote],
  find(name) {
    const found = [local, remote].find((kind) =>
      [kind.name, ...kind.aliases].includes(name.toLowerCase()),
    );
    if (found === undefined)
      throw new Error(`no driver is called "${name}"; known: local, s3, minio`);
    return found;
  },
};
