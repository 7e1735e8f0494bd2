import { openFake } from '../drivers/s3/open.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { s3Dialect } from './dialect.js';
import { everyFault } from './every-fault.js';

const settings = {
  driver: 's3',
  profile: 'aws',
  region: 'us-east-1',
  addressing: 'path',
  secure: false,
};

async function overFake() {
  const fake = await startFakeS3();
  const keys = { key: ACCOUNT.accessKey, secret: ACCOUNT.secret };
  return {
    dialect: s3Dialect,
    origin: `http://${fake.host}:${fake.port}`,
    target: ({ host, port }: { readonly host: string; readonly port: number }) => ({
      ...settings,
      host,
      port,
      ...keys,
    }),
    open: () => openFake(fake),
    close: () => fake.close(),
  };
}

everyFault('a mirror over a failing S3', overFake);
