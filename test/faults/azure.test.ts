import { openFake, placeOf } from '../drivers/azure/open.js';
import { KEY } from '../fakes/azure/identity.js';
import { startFakeAzure } from '../fakes/azure/server.js';
import { azureDialect } from './azure-dialect.js';
import { everyFault } from './every-fault.js';

async function overFake() {
  const fake = await startFakeAzure();
  return {
    dialect: azureDialect,
    origin: fake.origin,
    target: (address: { readonly host: string; readonly port: number }) => ({
      driver: 'azure_blobs',
      ...placeOf(fake),
      ...address,
      secret: KEY,
      block_size: '4MiB',
    }),
    open: () => openFake(fake),
    close: () => fake.close(),
  };
}

everyFault('a mirror over a failing Azure Blob Storage', overFake);
