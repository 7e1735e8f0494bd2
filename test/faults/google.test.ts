import { keyFile, openFake } from '../drivers/google/open.js';
import { startFakeGoogle } from '../fakes/google/server.js';
import { everyFault } from './every-fault.js';
import { googleDialect } from './google-dialect.js';

async function overFake() {
  const fake = await startFakeGoogle();
  return {
    dialect: googleDialect,
    origin: fake.origin,
    target: ({ host, port }: { readonly host: string; readonly port: number }) => ({
      driver: 'google_storage',
      host,
      port,
      secure: false,
      project: 'p',
      // Tokens come through the proxy, too.
      credentials_file: keyFile({ origin: `http://${host}:${port}` }),
    }),
    open: () => openFake(fake),
    close: () => fake.close(),
  };
}

everyFault('a mirror over a failing Google Cloud Storage', overFake);
