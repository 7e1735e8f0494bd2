import { openS3 } from '../drivers/s3/open.js';
import { s3Dialect } from '../faults/dialect.js';
import { lastingFaults } from '../faults/lasting.js';
import { passingFaults } from '../faults/passing.js';
import { describeFaults } from '../faults/storage.js';
import { s3Server, withServer } from './environment.js';

withServer('failing S3', 'LONGSHORE_S3_ENDPOINT', s3Server(), ({ settings, origin }) => {
  const storage = {
    dialect: s3Dialect,
    origin,
    target: ({ host, port }: { readonly host: string; readonly port: number }) => ({
      driver: 's3',
      ...settings,
      host,
      port,
      secure: false,
    }),
    open: () => openS3(settings),
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
