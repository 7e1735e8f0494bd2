import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { managedTokens } from '../../../src/drivers/azure/credentials/managed-identity.js';
import { azureDriver } from '../../../src/drivers/azure/driver-kind.js';
import {
  ContainerAccessDeniedError,
  InvalidCredentialsError,
} from '../../../src/drivers/errors.js';
import { createHttpClient } from '../../../src/drivers/http/http-client.js';
import { CLIENT, containerSas, FEDERATED_TOKEN, KEY } from '../../fakes/azure/identity.js';
import { ACCOUNT, TENANT } from '../../fakes/azure/request.js';
import { type FakeAzure, type FakeRules, startFakeAzure } from '../../fakes/azure/server.js';
import { createFolder, removeFolder } from '../../world/folder.js';
import { call, contentOf, put, rejection, uniqueContainerName } from '../conformance/fixture.js';
import { openAzure, openFake, placeOf, settingsOf } from './open.js';

async function fakeFor(changes: Partial<FakeRules> = {}): Promise<FakeAzure> {
  const fake = await startFakeAzure(changes);
  onTestFinished(() => fake.close());
  return fake;
}

function folderFor(): string {
  const folder = createFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** PEM with a key and its certificate, as `openssl` makes them for an application. */
function madeCertificate(): string {
  const file = join(folderFor(), 'application.pem');
  const subject = [
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=longshore',
    '-days',
    '2',
  ];
  execFileSync('openssl', ['req', ...subject, '-keyout', file, '-out', `${file}.crt`], {
    stdio: 'ignore',
  });
  writeFileSync(file, readFileSync(file, 'utf8') + readFileSync(`${file}.crt`, 'utf8'));
  return file;
}

/** Puts and reads an object with these settings. */
async function expectAccess(
  fake: FakeAzure,
  written: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const backend = openAzure({ ...placeOf(fake), block_size: '1MiB', ...written }, { env });
  const container = uniqueContainerName();
  await backend.createContainer(container, call);
  await put(backend, { container, key: 'a' }, 'content');
  expect(await contentOf(backend, { container, key: 'a' })).toBe('content');
  expect(await backend.capabilities.batchDelete!.deleteObjects(container, ['a'], call)).toEqual(
    new Map(),
  );
  await backend.close();
}

describe('Entra ID', () => {
  const identity = { tenant_id: TENANT, client_id: CLIENT.id };

  test('an application proves itself by its secret, and Libcloud’s spellings are understood', async () => {
    const fake = await fakeFor();
    const authority = fake.origin;
    await expectAccess(fake, { ...identity, authority, secret: CLIENT.secret });
    const libcloud = { auth_type: 'azureAd', tenant_id: TENANT, identity: CLIENT.id };
    await expectAccess(fake, { ...libcloud, authority, secret: CLIENT.secret });
    expect(fake.rules.asked[0]).toMatchObject({ grant_type: 'client_credentials' });
  });

  test('an application proves itself by a certificate', async () => {
    const file = madeCertificate();
    const fake = await fakeFor({ certificate: readFileSync(`${file}.crt`, 'utf8') });
    await expectAccess(fake, { ...identity, authority: fake.origin, client_certificate: file });
  });

  test('a workload identity proves itself by the token in a file, which is read at each renewal', async () => {
    const fake = await fakeFor();
    const file = join(folderFor(), 'token');
    writeFileSync(file, `${FEDERATED_TOKEN}\n`);
    const env = {
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: CLIENT.id,
      AZURE_FEDERATED_TOKEN_FILE: file,
      AZURE_AUTHORITY_HOST: fake.origin,
    };
    await expectAccess(fake, {}, env);
    writeFileSync(file, 'a token that is over');
    const backend = openAzure(placeOf(fake), { env });
    const error = await rejection(backend.listContainers({}, call));
    expect(error).toBeInstanceOf(InvalidCredentialsError);
    expect(error.message).toContain('AADSTS7000215');
    await backend.close();
  });

  test('a token is asked for once, and again after the service refused it', async () => {
    const fake = await fakeFor();
    const backend = openFake(fake, { ...identity, authority: fake.origin, secret: CLIENT.secret });
    await Promise.all([backend.listContainers({}, call), backend.listContainers({}, call)]);
    expect(fake.count('Token')).toBe(1);
    fake.rules.validTokens.clear();
    await backend.listContainers({}, call);
    expect(fake.count('Token')).toBe(2);
    await backend.close();
  });

  test('P9: a token is never sent without TLS to another machine', () => {
    const written = { key: ACCOUNT, host: 'edge.example', secure: false, ...identity, secret: 'x' };
    expect(() => openAzure(written)).toThrow('with TLS only');
  });
});

describe('managed identities', () => {
  const tokensOf = (env: Readonly<Record<string, string>>, arcFolder?: string) => {
    const http = createHttpClient();
    onTestFinished(() => http.close());
    const options = { http, clock: systemClock, ...(arcFolder !== undefined && { arcFolder }) };
    return managedTokens(options, env, { clientId: 'an-identity' });
  };

  test('the instance metadata service is asked for one of the machine’s identities', async () => {
    const fake = await fakeFor();
    await expectAccess(
      fake,
      { auth_type: 'managed_identity', client_id: 'an-identity' },
      {
        AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.origin,
      },
    );
    expect(fake.rules.asked[0]).toMatchObject({
      client_id: 'an-identity',
      'api-version': '2018-02-01',
    });
    expect(fake.count('Imds')).toBe(1);
  });

  test('App Service is asked with the secret of its environment', async () => {
    const fake = await fakeFor();
    const env = { IDENTITY_ENDPOINT: `${fake.origin}/msi/token`, IDENTITY_HEADER: 'a-secret' };
    await expectAccess(fake, {}, env);
    expect(fake.count('AppService')).toBe(1);
  });

  test('Azure Arc gets the content of the file that it names, and of no file elsewhere', async () => {
    const folder = join(folderFor(), 'tokens');
    mkdirSync(folder);
    const arcFile = join(folder, 'one.key');
    writeFileSync(arcFile, 'proof');
    const fake = await fakeFor({ arcFile, arcSecret: 'proof' });
    const env = { IDENTITY_ENDPOINT: `${fake.origin}/msi/token`, IMDS_ENDPOINT: 'http://x' };
    expect(await tokensOf(env, folder)(call)).toMatchObject({ token: 'token-1-of-the-fake' });
    const error = await rejection(tokensOf(env, '/var/opt/azcmagent/tokens')(call));
    expect(error).toBeInstanceOf(InvalidCredentialsError);
    expect(error.message).toContain('which is not in');
  });

  test('a service that is not ready is trouble that passes, and an unknown identity is not', async () => {
    const fake = await fakeFor();
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.origin };
    fake.faults.next('Imds', { kind: 'refuse', status: 410, code: '' });
    expect(await rejection(tokensOf(env)(call))).toMatchObject({ retry: 'backoff' });
    fake.faults.next('Imds', { kind: 'refuse', status: 400, code: '' });
    expect(await rejection(tokensOf(env)(call))).toBeInstanceOf(InvalidCredentialsError);
  });
});

describe('keys and signatures', () => {
  test('the environment names the account and its key, or a connection string does', async () => {
    const fake = await fakeFor();
    const { host, port, secure } = placeOf(fake);
    const at = { host, port, secure };
    const open = (written: object, env: Readonly<Record<string, string>>) => {
      const backend = openAzure({ ...written }, { env });
      onTestFinished(() => backend.close());
      return backend.listContainers({}, call);
    };
    await open(at, { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY });
    const endpoint = `${fake.origin}/${ACCOUNT}`;
    await open(
      {},
      {
        AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};`,
      },
    );
    expect(() => openAzure({})).toThrow('the storage account');
    expect(() => openAzure({ key: ACCOUNT, secret: 'x', sas: 'y' })).toThrow('exclude each other');
  });

  test('the SAS of one container reads and writes in it, finds it, and makes no other', async () => {
    const fake = await fakeFor();
    const owner = openFake(fake);
    const container = uniqueContainerName();
    await owner.createContainer(container, call);
    const guest = openFake(fake, { sas: containerSas(container, Date.now()) });
    expect((await guest.headContainer(container, call)).name).toBe(container);
    const twice = await rejection(guest.createContainer(container, call));
    expect(twice).toMatchObject({ name: 'ContainerAlreadyExistsError' });
    await put(guest, { container, key: 'a' }, 'x');
    await guest.capabilities.copy!.copyObject(
      { container, key: 'a' },
      { container, key: 'b' },
      undefined,
      call,
    );
    const gone = await guest.capabilities.batchDelete!.deleteObjects(container, ['a', 'b'], call);
    expect(gone.size).toBe(0);
    expect(await rejection(guest.listContainers({}, call))).toBeInstanceOf(InvalidCredentialsError);
    await Promise.all([owner.close(), guest.close()]);
  });

  test('the URL of an object has a SAS that reads it, by the account’s key and by a delegated one', async () => {
    const fake = await fakeFor();
    const application = { tenant_id: TENANT, client_id: CLIENT.id, secret: CLIENT.secret };
    for (const written of [{}, { ...application, authority: fake.origin }]) {
      const backend = openFake(fake, written);
      const ref = { container: uniqueContainerName(), key: 'folder/odd name %é' };
      await backend.createContainer(ref.container, call);
      await put(backend, ref, 'for all who have the link');
      const url = await backend.capabilities.cdn!.objectUrl(ref, call);
      const read = await fetch(url, { headers: { 'x-ms-version': '2023-11-03' } });
      expect(await read.text()).toBe('for all who have the link');
      const deleting = await fetch(url, {
        method: 'DELETE',
        headers: { 'x-ms-version': '2023-11-03' },
      });
      expect(deleting.status).toBe(403);
      await backend.close();
    }
  });

  test('a role that is missing is named in the error', async () => {
    const fake = await fakeFor();
    const backend = openFake(fake);
    fake.faults.next('ListBlobs', {
      kind: 'refuse',
      status: 403,
      code: 'AuthorizationPermissionMismatch',
    });
    const error = await rejection(backend.listObjects('some-container', '', {}, call));
    expect(error).toBeInstanceOf(ContainerAccessDeniedError);
    expect(error.message).toContain('Storage Blob Data Contributor');
    await backend.close();
  });

  test('where a target is says its account, and no secret', () => {
    const settings = settingsOf({ key: ACCOUNT, secret: KEY });
    expect(azureDriver.where!(settings)).toBe(`https://${ACCOUNT}.blob.core.windows.net`);
    expect(azureDriver.where!(settingsOf({}, { AZURE_STORAGE_ACCOUNT: 'other' }))).toContain(
      'other',
    );
  });
});
