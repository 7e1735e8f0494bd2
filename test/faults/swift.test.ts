import { openFake } from '../drivers/swift/open.js';
import { SECRET, USER } from '../fakes/swift/identity.js';
import { startFakeSwift } from '../fakes/swift/server.js';
import { swiftDialect } from './dialect.js';
import { everyFault } from './every-fault.js';

const settings = { driver: 'swift', key: USER, secret: SECRET, segment_size: '4MiB' };

async function overFake() {
  const fake = await startFakeSwift();
  return {
    dialect: swiftDialect,
    origin: fake.origin,
    target: ({ host, port }: { readonly host: string; readonly port: number }) => ({
      ...settings,
      auth_url: `http://${host}:${port}/auth/v1.0`,
    }),
    open: () => openFake(fake),
    close: () => fake.close(),
  };
}

everyFault('a mirror over a failing Swift', overFake);
