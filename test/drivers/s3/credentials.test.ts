import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { createCredentialProvider } from '../../../src/drivers/s3/credentials/provider.js';
import { fakeClock } from '../../fakes/clock.js';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { createFolder, removeFolder } from '../../world/folder.js';
import { call, put, rejection } from '../conformance/fixture.js';
import { openFake } from './open.js';

const ref = { container: 'credentials', key: 'x' };
const NOWHERE = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere' };
let fake: FakeS3;
let folder: string;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  folder = createFolder();
  fake = await startFakeS3();
  const owner = openFake(fake);
  await owner.createContainer(ref.container, call);
  await owner.close();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await fake.close();
  removeFolder(folder);
});

function open(
  env: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, unknown>> = {},
): Backend {
  const backend = openFake(fake, settings, { env: { ...NOWHERE, ...env } });
  cleanups.push(() => backend.close());
  return backend;
}

/** Answers each path with its present answer; records the request headers. */
async function metadataServer(
  answers: Record<string, () => unknown>,
): Promise<{ readonly url: string; readonly asked: { path: string; token: unknown }[] }> {
  const asked: { path: string; token: unknown }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({
      path,
      token: request.headers['authorization'] ?? request.headers['x-aws-ec2-metadata-token'],
    });
    const answer = answers[path]?.();
    if (answer === undefined) response.writeHead(404).end();
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function temporary(accessKey: string, expiresInMs: number) {
  fake.rules.accounts.push({
    accessKey,
    secret: `secret of ${accessKey}`,
    sessionToken: `token of ${accessKey}`,
  });
  return {
    AccessKeyId: accessKey,
    SecretAccessKey: `secret of ${accessKey}`,
    Token: `token of ${accessKey}`,
    Expiration: new Date(Date.now() + expiresInMs).toISOString(),
  };
}

test('S3 credentials: come from the environment, with a session token', async () => {
  fake.rules.accounts.push({ accessKey: 'TEMP', secret: 's', sessionToken: 't' });
  await put(
    open({ AWS_ACCESS_KEY_ID: ACCOUNT.accessKey, AWS_SECRET_ACCESS_KEY: ACCOUNT.secret }),
    ref,
    'x',
  );
  await put(
    open({ AWS_ACCESS_KEY_ID: 'TEMP', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }),
    ref,
    'x',
  );
  expect(
    await rejection(put(open({ AWS_ACCESS_KEY_ID: 'TEMP', AWS_SECRET_ACCESS_KEY: 's' }), ref, 'x')),
  ).toBeInstanceOf(InvalidCredentialsError);
});

test('S3 credentials: come from a profile of the shared files, which must exist when the settings name it', async () => {
  const credentials = join(folder, 'credentials');
  const config = join(folder, 'config');
  await writeFile(
    credentials,
    `[work]\naws_access_key_id = ${ACCOUNT.accessKey}\naws_secret_access_key = ${ACCOUNT.secret}\n`,
  );
  await writeFile(
    config,
    '[profile work]\nregion = eu-north-1\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = work\n',
  );
  const env = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
  await put(open({ ...env, AWS_PROFILE: 'work' }), ref, 'x');
  await put(open(env, { aws_profile: 'work' }), ref, 'x');
  expect((await rejection(put(open(env, { aws_profile: 'home' }), ref, 'x'))).message).toContain(
    'AWS profile "home" is in neither',
  );
  expect((await rejection(put(open(env, { aws_profile: 'role' }), ref, 'x'))).message).toContain(
    'role_arn, which is not supported',
  );
  const missing = await rejection(put(open(env), ref, 'x'));
  expect(missing).toBeInstanceOf(InvalidCredentialsError);
  expect(missing.message).toContain('no credentials in: the environment');
});

test('S3 credentials: come from the container endpoint, with its token, and from no other host', async () => {
  const { url, asked } = await metadataServer({
    '/creds?id=1': () => temporary('CONTAINER', 3_600_000),
  });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'pod-token\n');
  await put(
    open({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/creds?id=1`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    }),
    ref,
    'x',
  );
  expect(asked).toEqual([{ path: '/creds?id=1', token: 'pod-token' }]);
  const stranger = open({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.1/creds' });
  expect((await rejection(put(stranger, ref, 'x'))).message).toContain('refused');
});

test('S3 credentials: a container endpoint that does not work is an error, and no other account is used', async () => {
  const { url } = await metadataServer({ '/garbage': () => '<html>', '/empty': () => ({}) });
  const uses = async (env: Readonly<Record<string, string>>) => rejection(put(open(env), ref, 'x'));
  for (const [path, message] of [
    ['/none', 'answered 404'],
    ['/garbage', 'not JSON'],
    ['/empty', 'gave no keys'],
  ] as const) {
    const error = await uses({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}${path}` });
    expect(error).toBeInstanceOf(TargetUnavailableError);
    expect(error).toMatchObject({ retry: 'backoff', message: expect.stringContaining(message) });
  }
  expect(
    await uses({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/creds' }),
  ).toBeInstanceOf(TargetUnavailableError);
  const unusable = [
    await uses({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'creds' }),
    await uses({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'none'),
    }),
    await uses({
      AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/x',
    }),
  ];
  for (const error of unusable) expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(unusable.map(({ message }) => message)).toEqual([
    expect.stringContaining('FULL_URI is not a URL'),
    expect.stringContaining('TOKEN_FILE cannot be read: ENOENT'),
    expect.stringContaining('AWS_WEB_IDENTITY_TOKEN_FILE is set, which is not supported'),
  ]);
});

test('S3 credentials: an instance without a role has none, and failing metadata are trouble of the target', async () => {
  let status = 404;
  const server = createServer((request, response) => {
    if (request.url === '/latest/api/token') response.end('imds-token');
    else response.writeHead(status).end('no role here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: origin };
  const none = await rejection(put(open(env), ref, 'x'));
  expect(none.message).toContain('no credentials in: the environment');
  status = 500;
  const failed = await rejection(put(open(env), ref, 'x'));
  expect(failed).toBeInstanceOf(TargetUnavailableError);
  expect(failed.message).toContain('instance metadata service answered 500');
  const { url } = await metadataServer({});
  expect(
    (await rejection(put(open({ ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: url }), ref, 'x')))
      .message,
  ).toContain('no credentials in');
});

test('S3 credentials: a login page at the address of the instance metadata is no session token, and no role', async () => {
  const page = '<html>\n<body>Log in</body>\n</html>';
  const env = { AWS_EC2_METADATA_DISABLED: 'false' };
  const everywhere = await metadataServer({ '/latest/api/token': () => page });
  const none = await rejection(
    put(open({ ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: everywhere.url }), ref, 'x'),
  );
  expect(none.message).toContain('no credentials in');
  expect(everywhere.asked.map(({ path }) => path)).toEqual(['/latest/api/token']);
  const roles = '/latest/meta-data/iam/security-credentials/';
  const { url } = await metadataServer({
    '/latest/api/token': () => 'imds-token',
    [roles]: () => page,
  });
  const failed = await rejection(
    put(open({ ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: url }), ref, 'x'),
  );
  expect(failed).toBeInstanceOf(TargetUnavailableError);
  expect(failed.message).toContain('answered something that is not the name of a role');
});

test('S3 credentials: the environment goes before the shared files, and these before the container', async () => {
  const { url, asked } = await metadataServer({ '/c': () => temporary('CONTAINER', 3_600_000) });
  const credentials = join(folder, 'credentials');
  await writeFile(credentials, '[default]\naws_access_key_id = FILE\naws_secret_access_key = f\n');
  fake.rules.accounts.push({ accessKey: 'FILE', secret: 'f' }, { accessKey: 'ENV', secret: 'e' });
  const used = () => /Credential=(\w+)/.exec(fake.log.at(-1)?.headers['authorization'] ?? '')?.[1];
  const files = {
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c`,
  };
  const keys = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'e' };
  await put(open({ ...files, ...keys }), ref, 'x');
  expect(used()).toBe('ENV');
  await put(open({ ...files, ...keys }, { aws_profile: 'default' }), ref, 'x');
  expect(used()).toBe('FILE');
  await put(open(files), ref, 'x');
  expect(used()).toBe('FILE');
  expect(asked).toEqual([]);
  await put(open({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c` }), ref, 'x');
  expect(used()).toBe('CONTAINER');
});

test('S3 credentials: come from the instance metadata, once for all waiting calls, and again when they expire', async () => {
  let generation = 0;
  const { url, asked } = await metadataServer({
    '/latest/api/token': () => 'imds-token',
    '/latest/meta-data/iam/security-credentials/': () => 'my-role\n',
    '/latest/meta-data/iam/security-credentials/my-role': () => {
      generation += 1;
      return temporary(`INSTANCE${generation}`, generation === 1 ? 1 : 3_600_000);
    },
  });
  const s3 = open({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });
  await Promise.all([1, 2, 3].map((i) => put(s3, { ...ref, key: `k${i}` }, 'x')));
  expect(generation).toBe(1);
  expect(
    asked
      .filter(({ path }) => path.endsWith('my-role'))
      .every(({ token }) => token === 'imds-token'),
  ).toBe(true);
  await put(s3, ref, 'x');
  await put(s3, ref, 'x');
  expect(generation).toBe(2);
});

test('S3 credentials: are replaced when they expire in the middle of a run, and the request goes through', async () => {
  let key = 'FIRST';
  const { url } = await metadataServer({ '/c': () => temporary(key, 3_600_000) });
  const s3 = open({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c` });
  await put(s3, ref, 'x');
  fake.rules.expired.add('FIRST');
  key = 'SECOND';
  await put(s3, ref, 'y');
  fake.rules.expired.add('SECOND');
  const error = await rejection(put(s3, ref, 'z'));
  expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(error.message).toContain('ExpiredToken');
});

test('S3 credentials: are looked up again when the provider no longer accepts them', async () => {
  let key = 'FIRST';
  const { url } = await metadataServer({ '/c': () => temporary(key, 3_600_000) });
  const s3 = open({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c` });
  await put(s3, ref, 'x');
  fake.rules.accounts = fake.rules.accounts.filter(({ accessKey }) => accessKey !== 'FIRST');
  key = 'SECOND';
  await put(s3, ref, 'y');
});

test('S3 credentials: come from the same source for the life of a target, so that its account never changes', async () => {
  const clock = fakeClock();
  const keys = (accessKeyId: string) => ({
    accessKeyId,
    secretAccessKey: 's',
    expiresAtMs: clock.now() + 600_000,
  });
  let late = false;
  const sources = [
    { name: 'late', find: async () => (late ? keys('OTHER') : undefined) },
    { name: 'first', find: async () => keys('MINE') },
  ];
  const provider = createCredentialProvider(sources, clock);
  expect((await provider.get(call)).accessKeyId).toBe('MINE');
  late = true;
  await clock.advance(700_000);
  expect((await provider.get(call)).accessKeyId).toBe('MINE');
});

test('S3 credentials: are used until they end while their source fails', async () => {
  const clock = fakeClock();
  let fails = false;
  const source = {
    name: 'test',
    async find() {
      if (fails) throw new Error('down');
      return { accessKeyId: 'a', secretAccessKey: 'b', expiresAtMs: clock.now() + 600_000 };
    },
  };
  const provider = createCredentialProvider([source], clock);
  await provider.get(call);
  fails = true;
  await clock.advance(400_000);
  expect((await provider.get(call)).accessKeyId).toBe('a');
  await clock.advance(300_000);
  expect((await rejection(provider.get(call))).message).toBe('down');
});

test('S3 credentials: an aborted caller stops waiting for them, and the other callers get them', async () => {
  let answer = (_: { accessKeyId: string; secretAccessKey: string }): void => {};
  const slow = new Promise<{ accessKeyId: string; secretAccessKey: string }>((resolve) => {
    answer = resolve;
  });
  const provider = createCredentialProvider([{ name: 'slow', find: () => slow }], fakeClock());
  const stop = new AbortController();
  const impatient = rejection(provider.get({ signal: stop.signal }));
  const patient = provider.get(call);
  const reason = new Error('no time');
  stop.abort(reason);
  expect(await impatient).toBe(reason);
  answer({ accessKeyId: 'a', secretAccessKey: 'b' });
  expect((await patient).accessKeyId).toBe('a');
});
