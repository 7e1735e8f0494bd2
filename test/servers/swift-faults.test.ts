import { openSwift } from '../drivers/swift/open.js';
import { swiftDialect } from '../faults/dialect.js';
import { lastingFaults } from '../faults/lasting.js';
import { passingFaults } from '../faults/passing.js';
import { describeFaults } from '../faults/storage.js';
import { swiftServer, withServer } from './environment.js';

withServer('failing Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServer(), ({ settings, origin }) => {
  const storage = {
    dialect: swiftDialect,
    origin,
    target: ({ host, port }: { readonly host: string; readonly port: number }) => ({
      driver: 'swift',
      ...settings,
      segment_size: '4MiB',
      auth_url: String(settings['auth_url']).replace(origin, `http://${host}:${port}`),
    }),
    open: () => openSwift(settings),
    close: async () => {},
  };
  describeFaults(
    `a mirror over ${origin}, which fails`,
    async () => storage,
    (at) => {
      passingFaults(at);
      lastingFaults(at);
    },
  );
});
