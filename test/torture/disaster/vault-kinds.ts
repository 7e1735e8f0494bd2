import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { keyProblem, maxKeyBytes } from '../../../src/drivers/local/names.js';
import { NEVER_ABORTED } from '../../../src/signal.js';
import { openS3 } from '../../drivers/s3/open.js';
import { openSwift } from '../../drivers/swift/open.js';
import { ACCOUNT, startFakeS3 } from '../../fakes/s3/server.js';
import { SECRET, USER } from '../../fakes/swift/identity.js';
import { startFakeSwift } from '../../fakes/swift/server.js';
import {
  azureServers,
  type Settings,
  s3Servers,
  swiftServers,
} from '../../servers/named-servers.js';
import { digestsBelow } from '../../world/tree.js';
import { azureKind, fakeAzureKind, fakeB2Kind, fakeGoogleKind } from './provider-vaults.js';
import { remoteVault } from './remote-vault.js';
import type { VaultKind } from './vault.js';
import { enableVersions } from './versioning.js';

const MIB = 2 ** 20;

/** A folder, and each server that the environment names; where it names none of a kind, a fake in this process. */
export async function vaultKinds(drivers: readonly string[]): Promise<readonly VaultKind[]> {
  const kinds: VaultKind[] = drivers.includes('local') ? [LOCAL] : [];
  if (drivers.includes('s3')) {
    const named = s3Servers().map(({ title, settings }) => s3Kind(title, settings));
    kinds.push(...(named.length > 0 ? named : [await fakeS3Kind()]));
  }
  if (drivers.includes('swift')) {
    const named = swiftServers().map(({ title, settings, isCeph }) =>
      swiftKind(title, settings, !isCeph),
    );
    kinds.push(...(named.length > 0 ? named : [await fakeSwiftKind()]));
  }
  if (drivers.includes('azure')) {
    const named = azureServers().map(azureKind);
    kinds.push(...(named.length > 0 ? named : [await fakeAzureKind()]));
  }
  if (drivers.includes('google'))
    kinds.push(await fakeGoogleKind('multipart'), await fakeGoogleKind('resumable'));
  if (drivers.includes('b2')) kinds.push(await fakeB2Kind());
  return kinds;
}

const LOCAL: VaultKind = {
  title: 'local',
  driver: 'local',
  keepsVersions: 'never',
  versionsHaveAttributes: true,
  provesParts: true,
  multipartBytes: Number.POSITIVE_INFINITY,
  largeBytes: 3 * MIB,
  async open(folder) {
    const root = join(folder, 'vault');
    const container = 'documents';
    return {
      container,
      target: { driver: 'local', root },
      place: `local:${join(root, container)}`,
      options: [],
      env: {},
      nameProblem: (name) => keyProblem(name, maxKeyBytes(root)),
      objects: async (prefix) => digestsBelow(join(root, container, prefix)),
      remove: async () => rmSync(root, { recursive: true, force: true }),
    };
  },
  close: async () => {},
};

/** Two parts: S3 takes none of less than 5 MiB, unless it is the last one. */
function s3Kind(title: string, settings: Settings): VaultKind {
  return {
    title,
    driver: 's3',
    keepsVersions: 'as asked',
    versionsHaveAttributes: true,
    provesParts: false,
    multipartBytes: 5 * MIB,
    largeBytes: 6 * MIB,
    open: (_, versions) =>
      openS3Vault(settings, 5 * MIB, (container) => enableVersions(settings, container), versions),
    close: async () => {},
  };
}

async function fakeS3Kind(): Promise<VaultKind> {
  const fake = await startFakeS3({ minPartSize: 1, pageLimit: 20 });
  const settings = {
    profile: 'aws',
    region: 'us-east-1',
    host: fake.host,
    port: fake.port,
    secure: false,
    addressing: 'path',
    key: ACCOUNT.accessKey,
    secret: ACCOUNT.secret,
  };
  const keepVersions = async (container: string) => {
    fake.rules.store.bucket(container).versioned = true;
  };
  return {
    title: 'a fake of S3',
    driver: 's3',
    keepsVersions: 'as asked',
    versionsHaveAttributes: true,
    provesParts: true,
    multipartBytes: MIB,
    largeBytes: 3 * MIB,
    open: (_, versions) => openS3Vault(settings, MIB, keepVersions, versions),
    close: () => fake.close(),
  };
}

function openS3Vault(
  settings: Settings,
  multipartBytes: number,
  keepVersions: (container: string) => Promise<void>,
  versions: boolean,
) {
  const { host, port, secure, profile, region, key, secret, ...others } = settings;
  const endpoint = `${secure === true ? 'https' : 'http'}://${host}:${port}`;
  const direct = openS3(settings);
  const known = {
    target: { driver: 's3', ...settings, multipart_threshold: `${multipartBytes / MIB}MiB` },
    options: [
      ...['--profile', String(profile), '--region', String(region), '--endpoint', endpoint],
      ...Object.entries(others).flatMap(([name, value]) => ['--option', `${name}=${value}`]),
    ],
    env: { AWS_ACCESS_KEY_ID: String(key), AWS_SECRET_ACCESS_KEY: String(secret) },
  };
  return remoteVault(direct, known, async (container) => {
    if (!versions) return;
    await direct.createContainer(container, { signal: NEVER_ABORTED });
    await keepVersions(container);
  });
}

function swiftKind(title: string, settings: Settings, provesParts: boolean): VaultKind {
  const direct = () => openSwift(settings);
  const known = {
    target: { driver: 'swift', ...settings, segment_size: '1MiB', multipart_threshold: '1MiB' },
    options: [],
    env: {
      ST_AUTH: String(settings['auth_url']),
      ST_USER: String(settings['key']),
      ST_KEY: String(settings['secret']),
    },
  };
  return {
    title,
    driver: 'swift',
    keepsVersions: 'never',
    versionsHaveAttributes: true,
    provesParts,
    multipartBytes: MIB,
    largeBytes: 3 * MIB,
    open: () => remoteVault(direct(), known, async () => {}),
    close: async () => {},
  };
}

async function fakeSwiftKind(): Promise<VaultKind> {
  const fake = await startFakeSwift({ pageLimit: 20 });
  const settings = { auth_url: `${fake.origin}/auth/v1.0`, key: USER, secret: SECRET };
  return { ...swiftKind('a fake of Swift', settings, true), close: () => fake.close() };
}
