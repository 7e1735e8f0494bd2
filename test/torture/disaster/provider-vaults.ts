import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.js';
import { b2Driver } from '../../../src/drivers/b2/driver-kind.js';
import type { Backend } from '../../../src/drivers/backend.js';
import type { DriverKind } from '../../../src/drivers/driver-kind.js';
import { googleDriver } from '../../../src/drivers/google/driver-kind.js';
import { NEVER_ABORTED } from '../../../src/signal.js';
import { openAzure } from '../../drivers/azure/open.js';
import { readSettings } from '../../drivers/read-settings.js';
import { KEY } from '../../fakes/azure/identity.js';
import { ACCOUNT } from '../../fakes/azure/request.js';
import { startFakeAzure } from '../../fakes/azure/server.js';
import { KEY_ID, SECRET } from '../../fakes/b2/account.js';
import { startFakeB2 } from '../../fakes/b2/server.js';
import { EMAIL, PRIVATE_KEY } from '../../fakes/google/identity.js';
import { startFakeGoogle } from '../../fakes/google/server.js';
import type { Server, Settings } from '../../servers/named-servers.js';
import { remoteVault } from './remote-vault.js';
import type { VaultKind } from './vault.js';

const MIB = 2 ** 20;
/** Of files that go in parts: several of them in a file. */
const SIZES = { multipartBytes: MIB, largeBytes: 3 * MIB };
const PARTS = { multipart_threshold: '1MiB' };
const SMALL_PARTS = { ...PARTS, part_size: '512KiB' };

/** A client of a fake without the program. */
function open<S>(kind: DriverKind<S>, settings: Settings): Promise<Backend> {
  return kind.open(readSettings(kind, settings), { clock: systemClock });
}

const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): Settings => ({
  host,
  port,
  secure: false,
});

/** Azure does not say when a blob was deleted, so its versions show no state of a time. */
export function azureKind({
  title,
  settings,
  origin,
}: Pick<Server, 'title' | 'settings' | 'origin'>) {
  const known = {
    target: { driver: 'azure_blobs', ...settings, block_size: '1MiB', ...PARTS },
    options: ['--endpoint', origin],
    env: {
      AZURE_STORAGE_ACCOUNT: String(settings['key']),
      AZURE_STORAGE_KEY: String(settings['secret']),
    },
  };
  return {
    title,
    driver: 'azure_blobs',
    keepsVersions: 'never',
    versionsHaveAttributes: false,
    provesParts: false,
    ...SIZES,
    open: () => remoteVault(openAzure(settings), known, async () => {}),
    close: async () => {},
  } as const satisfies VaultKind;
}

export async function fakeAzureKind(): Promise<VaultKind> {
  const fake = await startFakeAzure({ pageLimit: 20 });
  const settings = { ...addressOf(fake), key: ACCOUNT, secret: KEY };
  const kind = azureKind({ title: 'a fake of Azure', settings, origin: fake.origin });
  return { ...kind, close: () => fake.close() };
}

/** What is sent in parts of the XML API has a CRC32C and no MD5. Other times and modes make no further generation. */
export async function fakeGoogleKind(uploads: 'multipart' | 'resumable'): Promise<VaultKind> {
  const fake = await startFakeGoogle({ smallestPart: 1, pageLimit: 20 });
  const folder = mkdtempSync(join(tmpdir(), 'longshore-disaster-google-'));
  const file = join(folder, 'service-account.json');
  const key = { type: 'service_account', client_email: EMAIL, private_key: PRIVATE_KEY };
  writeFileSync(file, JSON.stringify({ ...key, token_uri: `${fake.origin}/token` }));
  const settings = { ...addressOf(fake), credentials_file: file, project: 'p' };
  const known = {
    target: { driver: 'google_storage', ...settings, uploads, ...SMALL_PARTS },
    options: ['--endpoint', fake.origin],
    env: { GOOGLE_APPLICATION_CREDENTIALS: file },
  };
  return {
    title: `a fake of Google (uploads: ${uploads})`,
    driver: 'google_storage',
    keepsVersions: 'as asked',
    versionsHaveAttributes: false,
    provesParts: uploads === 'resumable',
    ...SIZES,
    open: async (_, versions) => {
      const direct = await open(googleDriver, settings);
      return remoteVault(direct, known, async (container) => {
        if (!versions) return;
        await direct.createContainer(container, { signal: NEVER_ABORTED });
        fake.rules.store.bucket(container).fields['versioning'] = { enabled: true };
      });
    },
    async close() {
      await fake.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A large file has no digest of its own. */
export async function fakeB2Kind(): Promise<VaultKind> {
  const fake = await startFakeB2({ smallestPart: 100_000, pageLimit: 20 });
  const settings = { ...addressOf(fake), key: KEY_ID, secret: SECRET };
  const known = {
    target: { driver: 'backblaze_b2', ...settings, ...SMALL_PARTS },
    options: ['--endpoint', fake.origin],
    env: { B2_APPLICATION_KEY_ID: KEY_ID, B2_APPLICATION_KEY: SECRET },
  };
  return {
    title: 'a fake of B2',
    driver: 'backblaze_b2',
    keepsVersions: 'always',
    versionsHaveAttributes: true,
    provesParts: false,
    ...SIZES,
    open: async () => remoteVault(await open(b2Driver, settings), known, async () => {}),
    close: () => fake.close(),
  };
}
