import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { openFake as openFakeAzure } from '../drivers/azure/open.js';
import { openFake as openFakeB2 } from '../drivers/b2/open.js';
import { keyFile, openFake as openFakeGoogle } from '../drivers/google/open.js';
import { KEY } from '../fakes/azure/identity.js';
import { ACCOUNT } from '../fakes/azure/request.js';
import { startFakeAzure } from '../fakes/azure/server.js';
import { KEY_ID, SECRET } from '../fakes/b2/account.js';
import { startFakeB2 } from '../fakes/b2/server.js';
import { startFakeGoogle } from '../fakes/google/server.js';
import type { DriverName } from '../faults/dialect.js';
import type { Server, Settings } from './named-servers.js';

/** A fake of a provider, which the tests over servers take for one. */
export interface FakeServer {
  readonly server: Server;
  /** A client of it. What it deletes leaves nothing behind, so that a test can remove its container. */
  readonly open: () => Backend;
  /** Whether a name may end in `/`, as that of a kept folder does. */
  readonly keepsFolders: boolean;
}

interface Fake {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  close(): Promise<void>;
}

/** Of the account of Azure, for rclone. */
const SIGNATURE = 'signature-for-rclone';

/** Those of Azure, Google and B2, in this process until its tests are over. */
export async function fakeServers(): Promise<readonly FakeServer[]> {
  const azure = await startFakeAzure();
  // rclone asks without a token.
  const google = await startFakeGoogle({ isOpen: true });
  const b2 = await startFakeB2();
  azure.rules.sasTokens.add(SIGNATURE);
  const credentials = keyFile(google);
  afterAll(async () => {
    await Promise.all([azure, google, b2].map((fake) => fake.close()));
    rmSync(dirname(credentials), { recursive: true });
  });
  const fakes = [
    {
      server: {
        ...serverOf('azure_blobs', azure, { key: ACCOUNT, secret: KEY, block_size: '1MiB' }),
        sasUrl: `${azure.origin}/${ACCOUNT}?sv=2020-10-02&sig=${SIGNATURE}`,
      },
      open: () => openFakeAzure(azure),
    },
    {
      server: serverOf('google_storage', google, { credentials_file: credentials, project: 'p' }),
      open: () => openFakeGoogle(google),
    },
    {
      server: serverOf('backblaze_b2', b2, { key: KEY_ID, secret: SECRET }),
      open: () => openFakeB2(b2, { hard_delete: true }),
    },
  ];
  return fakes.map((fake) => {
    const backend = fake.open();
    const keepsFolders = backend.capabilities.names.keyProblem('folder/') === undefined;
    void backend.close();
    return { ...fake, keepsFolders };
  });
}

function serverOf(driver: DriverName, { host, port, origin }: Fake, settings: Settings): Server {
  return {
    driver,
    title: `a fake of ${driver}`,
    origin,
    settings: { host, port, secure: false, ...settings },
    variables: '',
    isCeph: false,
    quota: undefined,
    disks: undefined,
  };
}
