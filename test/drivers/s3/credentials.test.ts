import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { ACCOUNT } from '../../fakes/s3/server.js';
import { put, rejection } from '../conformance/fixture.js';
import {
  at,
  cleanups,
  metadataServer,
  open,
  ref,
  temporary,
  withCredentials,
} from './credentials-fixture.js';

withCredentials();

test('S3 credentials: come from the environment, with a session token', async () => {
  at.fake.rules.accounts.push({ accessKey: 'TEMP', secret: 's', sessionToken: 't' });
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
  const credentials = join(at.folder, 'credentials');
  const config = join(at.folder, 'config');
  await writeFile(
    credentials,
    `[work]\naws_access_key_id = ${ACCOUNT.accessKey}\naws_secret_access_key = ${ACCOUNT.secret}\n`,
  );
  await writeFile(
    config,
    '[profile work]\nregion = eu-north-1\n[profile empty]\nregion = eu-north-1\n',
  );
  const env = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
  await put(open({ ...env, AWS_PROFILE: 'work' }), ref, 'x');
  await put(open(env, { aws_profile: 'work' }), ref, 'x');
  expect((await rejection(put(open(env, { aws_profile: 'home' }), ref, 'x'))).message).toContain(
    'AWS profile "home" is in neither',
  );
  expect((await rejection(put(open(env, { aws_profile: 'empty' }), ref, 'x'))).message).toContain(
    'AWS profile "empty" has no keys',
  );
  const missing = await rejection(put(open(env), ref, 'x'));
  expect(missing).toBeInstanceOf(InvalidCredentialsError);
  expect(missing.message).toContain('no credentials in: the environment');
});

test('S3 credentials: come from the container endpoint, with its token, and from no other host', async () => {
  const { url, asked } = await metadataServer({
    '/creds?id=1': () => temporary('CONTAINER', 3_600_000),
  });
  const tokenFile = join(at.folder, 'token');
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
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(at.folder, 'none'),
    }),
    await uses({
      AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
    }),
  ];
  for (const error of unusable) expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(unusable.map(({ message }) => message)).toEqual([
    expect.stringContaining('FULL_URI is not a URL'),
    expect.stringContaining('TOKEN_FILE cannot be read: ENOENT'),
    expect.stringContaining('AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN'),
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
  const credentials = join(at.folder, 'credentials');
  await writeFile(credentials, '[default]\naws_access_key_id = FILE\naws_secret_access_key = f\n');
  at.fake.rules.accounts.push(
    { accessKey: 'FILE', secret: 'f' },
    { accessKey: 'ENV', secret: 'e' },
  );
  const used = () =>
    /Credential=(\w+)/.exec(at.fake.log.at(-1)?.headers['authorization'] ?? '')?.[1];
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
